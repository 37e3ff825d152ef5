import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { TaskModeError } from '../domain/errors.ts';
import type { RouteName } from '../domain/operations.ts';

/** Who makes a request. */
export interface Caller {
  readonly caller: string | undefined;
}

/**
 * Decides who makes a request and whether they may.
 * @throws TaskModeError with a code of status 403 when they may not.
 */
export type Access = (
  event: APIGatewayProxyEventV2,
  routeName: RouteName,
  signal: AbortSignal,
) => Caller | Promise<Caller>;

/** What API Gateway adds to the event's context when it has checked the caller by IAM. */
interface IamContext {
  readonly authorizer?: { readonly iam?: { readonly userArn?: string } };
}

/**
 * Takes the caller that API Gateway has checked by IAM. A request that it has not checked is refused: whatever a
 * route's settings became, nobody comes in unseen.
 */
export const iamAccess: Access = ({ requestContext }) => {
  const { authorizer } = requestContext as IamContext;
  if (authorizer?.iam === undefined) {
    throw new TaskModeError('AccessDenied', 'the request must be signed by AWS Signature Version 4');
  }
  return { caller: authorizer.iam.userArn };
};
