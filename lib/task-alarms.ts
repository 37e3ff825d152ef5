import type { RemovalPolicy } from 'aws-cdk-lib';
import { Stack, Tags } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmBase,
  AlarmRule,
  ComparisonOperator,
  CompositeAlarm,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  alarmNameOf,
  alarmSlug,
  type FunctionAlarmName,
  INCIDENT,
  type Severity,
} from '../lambdas/domain/alarm-name.ts';
import { AlarmChannels, type AlarmChannelsProps } from './alarm-channels.ts';
import {
  type AlarmDefinition,
  FUNCTION_ALARMS,
  type FunctionSubject,
  INCIDENT_SEVERITIES,
  PART_ALARMS,
  type PartAlarmName,
  type PartSubject,
  SHARED_ALARMS,
  type SharedAlarmName,
  type SharedSubject,
  TRIGGER_ALARMS,
  type TriggerAlarmName,
  type TriggersSubject,
} from './alarm-definitions.ts';
import {
  type AlarmSettings,
  checkAlarmSettings,
  type FunctionAlarmSettings,
  type SharedAlarmSettings,
  type TriggerAlarmSettings,
} from './alarm-settings.ts';
import { serviceOf } from './task-metrics.ts';

export interface TaskAlarmsProps extends AlarmChannelsProps {
  /**
   * The alarms of every function; a function's own `alarms` go before these.
   *
   * @default - all, with the thresholds of docs/runbook.md
   */
  readonly functions?: FunctionAlarmSettings;

  /**
   * The alarms of what all functions share.
   *
   * @default - all, with the thresholds of docs/runbook.md
   */
  readonly shared?: SharedAlarmSettings;

  /**
   * The alarms of what triggers share, once there is one.
   *
   * @default - all, with the thresholds of docs/runbook.md
   */
  readonly triggers?: TriggerAlarmSettings;

  /**
   * The topic that alarms are published to. It must let `cloudwatch.amazonaws.com` publish, and so must its key.
   *
   * @default - a new one, encrypted with a key of its own
   */
  readonly topic?: ITopic;

  /**
   * Where your team reads the runbook, such as a page of your wiki that docs/runbook.md was copied to. Alarms and the
   * dashboard link to its headings.
   *
   * @default - they name docs/runbook.md of this package
   */
  readonly runbookUrl?: string;
}

/** An alarm that was deployed. */
export interface DeployedAlarm {
  readonly slug: string;
  readonly severity: Severity;
  readonly alarm: Alarm;
}

/** Deployed alarms, each under the name by which it is set. */
export type DeployedAlarms<Name extends string = FunctionAlarmName | SharedAlarmName | TriggerAlarmName> =
  ReadonlyMap<Name, DeployedAlarm>;

/** Alarms that people act on: of each function and of what all share, published to one encrypted topic. */
export class TaskAlarms extends Construct {
  readonly topic: ITopic;
  /** Where the headings of the runbook are. */
  readonly runbookUrl: string | undefined;
  /** Of what all functions share. */
  readonly shared: DeployedAlarms<SharedAlarmName>;
  readonly channels: AlarmChannels;
  /** All that is no function's, also what parts and triggers add later. */
  readonly ofNoFunction: Alarm[] = [];
  readonly #props: TaskAlarmsProps;

  /** @throws Error at synth, naming property, value and what is wanted. */
  constructor(
    scope: Construct,
    id: string,
    props: TaskAlarmsProps & { readonly removalPolicy: RemovalPolicy },
    subject: Omit<SharedSubject, 'scope'>,
  ) {
    super(scope, id);
    checkAlarmSettings('alarms.functions', props.functions ?? {}, Object.keys(FUNCTION_ALARMS));
    const sharedNames = Object.keys({ ...SHARED_ALARMS, ...PART_ALARMS });
    checkAlarmSettings('alarms.shared', props.shared ?? {}, sharedNames);
    checkAlarmSettings('alarms.triggers', props.triggers ?? {}, Object.keys(TRIGGER_ALARMS));
    this.#props = props;
    this.runbookUrl = props.runbookUrl;
    this.topic = props.topic ?? this.#newTopic(props.removalPolicy);
    this.channels = new AlarmChannels(this, 'Channels', { ...props, topic: this.topic });
    this.shared = this.#deploy<SharedSubject, keyof typeof SHARED_ALARMS>(
      this,
      SHARED_ALARMS,
      { ...subject, scope: this },
      props.shared ?? {},
    );
    this.#actOnShared(this.shared);
    const { deadLetterQueue } = this.channels;
    if (deadLetterQueue) this.addPart('alarmDeadLetters', deadLetterQueue);
  }

  /** Adds the alarm of a part that is deployed only where it is used. */
  addPart(name: PartAlarmName, deadLetterQueue: IQueue): void {
    const definition = { [name]: PART_ALARMS[name] };
    const parts = this.#deploy<PartSubject, string>(
      this,
      definition,
      { deadLetterQueue },
      this.#props.shared ?? {},
    );
    this.#actOnShared(parts);
  }

  /**
   * Adds the alarms of one function. Those of severity medium are told of one by one, the others as one incident.
   * @throws Error at synth, naming function, alarm, value and what is wanted.
   */
  addFunction(
    scope: Construct,
    subject: Omit<FunctionSubject, 'scope'>,
    settings: FunctionAlarmSettings = {},
  ): DeployedAlarms<FunctionAlarmName> {
    const { functionName } = subject;
    checkAlarmSettings(`alarms of task function "${functionName}"`, settings, Object.keys(FUNCTION_ALARMS));
    const inner = new Construct(scope, 'Alarms');
    const merged = { ...this.#props.functions, ...settings };
    const alarms = this.#deploy(inner, FUNCTION_ALARMS, { ...subject, scope: inner }, merged, functionName);
    const all = [...alarms.values()];
    const ofIncident = all.filter(({ severity }) => INCIDENT_SEVERITIES.includes(severity));
    for (const { alarm } of all.filter((each) => !ofIncident.includes(each))) this.#act(alarm);
    if (ofIncident.length > 0) this.#addIncident(inner, functionName, ofIncident);
    return alarms;
  }

  /** Adds the alarms of what triggers share. */
  addTriggers(scope: Construct, subject: Omit<TriggersSubject, 'scope'>): DeployedAlarms<TriggerAlarmName> {
    const inner = new Construct(scope, 'Alarms');
    const settings = this.#props.triggers ?? {};
    const alarms = this.#deploy(inner, TRIGGER_ALARMS, { ...subject, scope: inner }, settings);
    this.#actOnShared(alarms);
    return alarms;
  }

  #actOnShared(alarms: DeployedAlarms<string>): void {
    for (const { alarm } of alarms.values()) {
      this.#act(alarm);
      this.ofNoFunction.push(alarm);
    }
  }

  #deploy<Subject, Name extends string>(
    scope: Construct,
    definitions: Readonly<Record<Name, AlarmDefinition<Subject>>>,
    subject: Subject,
    settings: Readonly<Partial<Record<Name, AlarmSettings | false>>>,
    functionName?: string,
  ): DeployedAlarms<Name> {
    const names = Object.keys(definitions) as Name[];
    const service = serviceOf(this);
    return new Map(
      names.flatMap((name): [Name, DeployedAlarm][] => {
        const setting = settings[name] ?? {};
        if (setting === false) return [];
        const definition = definitions[name];
        const severity = setting.severity ?? definition.severity;
        const slug = alarmSlug(name);
        const alarm = new Alarm(scope, name, {
          alarmName: alarmNameOf({ service, functionName, name, severity }),
          alarmDescription: this.#describe(definition.meaning, slug),
          metric: definition.metric(subject),
          comparisonOperator: definition.comparison ?? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
          threshold: setting.threshold ?? definition.threshold(subject),
          treatMissingData: definition.missingData ?? TreatMissingData.NOT_BREACHING,
          ...periodsOf(definition, setting),
        });
        tag(alarm, severity, functionName);
        return [[name, { slug, severity, alarm }]];
      }),
    );
  }

  /** One alarm for all that is seriously wrong with a function, so that one incident is one page. */
  #addIncident(scope: Construct, functionName: string, alarms: readonly DeployedAlarm[]): void {
    const severity: Severity = 'critical';
    const incident = new CompositeAlarm(scope, 'Incident', {
      compositeAlarmName: alarmNameOf({ service: serviceOf(this), functionName, name: INCIDENT, severity }),
      alarmDescription: this.#describe(
        `Something is seriously wrong with task function ${functionName}: the alarms that say what are named with this.`,
        alarmSlug(INCIDENT),
      ),
      alarmRule: AlarmRule.anyOf(...alarms.map(({ alarm }) => alarm)),
    });
    tag(incident, severity, functionName);
    this.#act(incident);
  }

  #describe(meaning: string, slug: string): string {
    return `${meaning} Runbook: ${this.runbookUrl ?? 'docs/runbook.md of lambda-task-mode'}#${slug}`;
  }

  #act(alarm: AlarmBase): void {
    const action = new SnsAction(this.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }

  /** CloudWatch cannot publish to a topic that AWS's own key of SNS encrypts, so it has one of its own. */
  #newTopic(removalPolicy: RemovalPolicy): Topic {
    const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    });
    const masterKey = new Key(this, 'Key', {
      description: 'Task Mode: the alarms on their topic',
      enableKeyRotation: true,
      removalPolicy,
    });
    const topic = new Topic(this, 'Topic', { masterKey, enforceSSL: true });
    topic.grantPublish(cloudWatch);
    return topic;
  }
}

function periodsOf(
  { evaluationPeriods, datapointsToAlarm }: AlarmDefinition<never>,
  setting: AlarmSettings,
): { evaluationPeriods: number; datapointsToAlarm: number } {
  const periods = setting.evaluationPeriods ?? evaluationPeriods;
  const points =
    setting.datapointsToAlarm ?? (setting.evaluationPeriods === undefined ? datapointsToAlarm : undefined);
  return { evaluationPeriods: periods, datapointsToAlarm: Math.min(points ?? periods, periods) };
}

function tag(alarm: AlarmBase, severity: Severity, functionName: string | undefined): void {
  Tags.of(alarm).add('severity', severity);
  if (functionName !== undefined) Tags.of(alarm).add('taskFunction', functionName);
}
