import type { Template } from 'aws-cdk-lib/assertions';

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** What a caller asks of AWS, as IAM sees it. */
export interface IamRequest {
  readonly action: string;
  /** As `resourceName` writes ARNs: `<logical id>` of its resource, and what follows. */
  readonly resource: string;
  /** The values of condition keys. A key that is absent is not in the request's context. */
  readonly context?: Readonly<Record<string, readonly string[]>>;
}

/** The policies of one role of a synthesized template, evaluated as IAM evaluates identity policies. */
export class IamPolicy {
  readonly #statements: readonly Statement[];

  /** @param role - a part of the logical id of the role's policies */
  constructor(template: Template, role: string) {
    const policies = Object.entries(template.findResources('AWS::IAM::Policy'));
    this.#statements = policies
      .filter(([id]) => id.includes(role))
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement as Statement[]);
    if (this.#statements.length === 0) throw new Error(`no role "${role}" has a policy`);
  }

  /** An explicit denial wins; without a statement that allows a request it is denied. */
  allows(request: IamRequest): boolean {
    const applying = this.#statements.filter((statement) => applies(statement, request));
    return applying.length > 0 && applying.every(({ Effect }) => Effect === 'Allow');
  }
}

/** An ARN of a template in short: the logical ids that it refers to, and the text between and after them. */
export function resourceName(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, argument] = ['', undefined]] = Object.entries(value as object);
  if (name === 'Ref') return String(argument);
  if (name === 'Fn::GetAtt') return String((argument as string[])[0]);
  if (name === 'Fn::Join') return (argument as [string, unknown[]])[1].map(resourceName).join('');
  throw new Error(`a resource must be a text, Ref, Fn::GetAtt or Fn::Join, got ${JSON.stringify(value)}`);
}

function applies({ Action, Resource, Condition = {} }: Statement, request: IamRequest): boolean {
  return (
    [Action].flat().some((action) => isLike(action, request.action)) &&
    [Resource].flat().some((resource) => isLike(resourceName(resource), request.resource)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) => holds(operator, [wanted].flat(), request.context?.[key])),
    )
  );
}

function holds(operator: string, wanted: readonly string[], values: readonly string[] | undefined): boolean {
  const matches = (compare: typeof isLike) => (value: string) =>
    wanted.some((pattern) => compare(pattern, value));
  const isEqual = (pattern: string, value: string) => pattern === value;
  switch (operator) {
    // True for a key that is absent, as IAM has it.
    case 'ForAllValues:StringEquals':
      return (values ?? []).every(matches(isEqual));
    case 'ForAllValues:StringLike':
      return (values ?? []).every(matches(isLike));
    case 'StringEqualsIfExists':
      return (values ?? []).every(matches(isEqual));
    default:
      throw new Error(`the operator ${operator} is not known here`);
  }
}

function isLike(pattern: string, value: string): boolean {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's').test(value);
}
