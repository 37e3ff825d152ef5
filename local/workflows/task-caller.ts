import { randomUUID } from 'node:crypto';
import { SendMessageCommand, type SendMessageCommandInput, type SQSClient } from '@aws-sdk/client-sqs';
import type { LambdaService } from '../functions/lambda-service.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { TaskResource } from './definition/definition.ts';
import { WorkflowError } from './run/workflow-error.ts';

/** The part of Lambda that is called. */
export type FunctionCaller = Pick<LambdaService, 'has' | 'invokeJson' | 'isThrottled' | 'countThrottle'>;

/** Calls the services of this machine for Task states, with the results and error names that Step Functions has. */
export class TaskCaller {
  readonly #lambda: FunctionCaller;
  readonly #sqs: Pick<SQSClient, 'send'>;

  constructor(lambda: FunctionCaller, sqs: Pick<SQSClient, 'send'>) {
    this.#lambda = lambda;
    this.#sqs = sqs;
  }

  /** Makes the call once; rejects with a WorkflowError. */
  async call(resource: TaskResource, parameters: Json): Promise<Json> {
    if (resource.kind === 'function') {
      return this.#invoke(resource.arn, parameters);
    }
    const given = isJsonObject(parameters) ? parameters : {};
    return resource.service === 'lambda' ? this.#invokeWith(given) : this.#sendMessage(given);
  }

  async #invokeWith({ FunctionName, Payload = {}, InvocationType }: JsonObject): Promise<Json> {
    const name = String(FunctionName).replace(/:\$LATEST$/, '');
    if (InvocationType === 'Event') {
      this.#refuseUnknown(name);
      void this.#lambda.invokeJson(name, JSON.stringify(Payload));
      return { ...sdkMetadata(202), StatusCode: 202, Payload: '' };
    }
    const result = await this.#invoke(name, Payload);
    return { ExecutedVersion: '$LATEST', Payload: result, ...sdkMetadata(200), StatusCode: 200 };
  }

  async #invoke(name: string, payload: Json): Promise<Json> {
    this.#refuseUnknown(name);
    if (this.#lambda.isThrottled(name)) {
      this.#lambda.countThrottle(name);
      throw new WorkflowError('Lambda.TooManyRequestsException', 'Rate Exceeded.');
    }
    const result = await this.#lambda.invokeJson(name, JSON.stringify(payload));
    if ('functionError' in result) {
      const { functionError } = result;
      throw new WorkflowError(functionError.errorType || 'Lambda.Unknown', JSON.stringify(functionError));
    }
    return (result.payload ?? null) as Json;
  }

  #refuseUnknown(name: string): void {
    if (!this.#lambda.has(name)) {
      throw new WorkflowError('Lambda.ResourceNotFoundException', `Function not found: ${name}`);
    }
  }

  async #sendMessage({ QueueUrl, MessageBody, ...others }: JsonObject): Promise<Json> {
    const body = typeof MessageBody === 'string' ? MessageBody : JSON.stringify(MessageBody);
    try {
      // SQS checks the parameters; the reader of the definition has checked their names.
      const input: SendMessageCommandInput = {
        ...others,
        QueueUrl: typeof QueueUrl === 'string' ? QueueUrl : undefined,
        MessageBody: body,
      };
      const { MessageId = '', MD5OfMessageBody = '' } = await this.#sqs.send(new SendMessageCommand(input));
      return { MessageId, MD5OfMessageBody, ...sdkMetadata(200) };
    } catch (error) {
      const { name, message } = error as Error;
      throw new WorkflowError(`SQS.${name.replace(/(Exception)?$/, 'Exception')}`, message);
    }
  }
}

/** What the AWS SDK says of a response, as far as a definition may select from it. */
function sdkMetadata(HttpStatusCode: number): JsonObject {
  return { SdkHttpMetadata: { HttpStatusCode }, SdkResponseMetadata: { RequestId: randomUUID() } };
}
