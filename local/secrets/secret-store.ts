import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { AwsApiError } from '../aws-json-api.ts';
import { StartupError } from '../startup-error.ts';

export const CURRENT = 'AWSCURRENT';
export const PREVIOUS = 'AWSPREVIOUS';

export type SecretValue = { readonly SecretString: string } | { readonly SecretBinary: string };

export interface SecretVersion {
  readonly versionId: string;
  readonly stages: readonly string[];
  readonly createdTime: number;
  readonly value: SecretValue;
}

export interface Secret {
  readonly name: string;
  readonly arn: string;
  /** Stands for what the template said of the value when it was last deployed. */
  readonly source: string;
  readonly versions: readonly SecretVersion[];
}

/**
 * The secrets of this machine, in one file that only its user can read. Each change is in the file, whole or not at
 * all, before it is answered.
 */
export class SecretStore {
  readonly #file: string;
  readonly #secrets: Map<string, Secret>;

  private constructor(file: string, secrets: Map<string, Secret>) {
    this.#file = file;
    this.#secrets = secrets;
  }

  static open(file: string): SecretStore {
    return new SecretStore(file, new Map(readSecrets(file).map((secret) => [secret.name, secret])));
  }

  /**
   * Deploys a secret as CloudFormation does: the value is made when the secret is new, and made again when what the
   * template says of it has changed; else the value stays, whoever put it.
   */
  deploy({ name, arn, source }: Omit<Secret, 'versions'>, makeValue: () => string | undefined): void {
    const earlier = this.#secrets.get(name);
    this.#keep({ name, arn, source, versions: earlier?.versions ?? [] });
    const SecretString = earlier?.source === source ? undefined : makeValue();
    if (SecretString !== undefined) this.put(name, { SecretString });
  }

  /** Finds a version by a secret's name or ARN; the current one unless an id or a stage is given. */
  get(
    secretId: string,
    { versionId, stage }: { versionId?: string | undefined; stage?: string | undefined } = {},
  ): { secret: Secret; version: SecretVersion } {
    const secret = this.#find(secretId);
    const wantedStage = stage ?? (versionId === undefined ? CURRENT : undefined);
    const version = secret.versions.find(
      (candidate) =>
        (versionId === undefined || candidate.versionId === versionId) &&
        (wantedStage === undefined || candidate.stages.includes(wantedStage)),
    );
    if (version === undefined) {
      throw new AwsApiError(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for ${
          wantedStage === undefined ? `VersionId: ${versionId}` : `staging label: ${wantedStage}`
        }`,
      );
    }
    return { secret, version };
  }

  /** Adds a version; what was current becomes the previous one. The same id and value again change nothing. */
  put(
    secretId: string,
    value: SecretValue,
    { versionId = randomUUID(), stages = [CURRENT] }: { versionId?: string; stages?: readonly string[] } = {},
  ): { secret: Secret; version: SecretVersion } {
    const secret = this.#find(secretId);
    const same = secret.versions.find((version) => version.versionId === versionId);
    if (same !== undefined) {
      if (JSON.stringify(same.value) === JSON.stringify(value)) return { secret, version: same };
      throw new AwsApiError(
        'ResourceExistsException',
        `You can't modify version ${versionId}: a version's value is written once`,
      );
    }
    const version = { versionId, stages, createdTime: Date.now(), value };
    const versions = [version, ...movedStages(secret.versions, stages)];
    this.#keep({ ...secret, versions });
    return { secret, version };
  }

  #find(secretId: string): Secret {
    const secret =
      this.#secrets.get(secretId) ??
      [...this.#secrets.values()].find(
        ({ arn }) => arn === secretId || arn.replace(/-\w{6}$/, '') === secretId,
      );
    if (secret === undefined) {
      throw new AwsApiError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    return secret;
  }

  #keep(secret: Secret): void {
    this.#secrets.set(secret.name, secret);
    const temporary = `${this.#file}.new`;
    writeFileSync(temporary, JSON.stringify([...this.#secrets.values()], null, 2), { mode: 0o600 });
    renameSync(temporary, this.#file);
  }
}

/** A stage is at one version at a time, and a version without any is deprecated: it is dropped here. */
function movedStages(versions: readonly SecretVersion[], taken: readonly string[]): SecretVersion[] {
  const isRotated = taken.includes(CURRENT);
  return versions
    .map((version) => {
      const kept = version.stages.filter(
        (stage) => !taken.includes(stage) && !(isRotated && stage === PREVIOUS),
      );
      const isNowPrevious = isRotated && version.stages.includes(CURRENT);
      return { ...version, stages: isNowPrevious ? [...kept, PREVIOUS] : kept };
    })
    .filter(({ stages }) => stages.length > 0);
}

function readSecrets(file: string): Secret[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    return JSON.parse(text) as Secret[];
  } catch (error) {
    throw new StartupError(
      `${file} is not JSON (${(error as Error).message}): start with --fresh to delete what is kept and begin anew`,
    );
  }
}
