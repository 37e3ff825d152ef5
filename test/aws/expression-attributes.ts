/** The parts of a request to DynamoDB that name attributes. */
export interface NamesAttributes {
  readonly Key?: object | undefined;
  readonly Item?: object | undefined;
  readonly UpdateExpression?: string | undefined;
  readonly ConditionExpression?: string | undefined;
  readonly ProjectionExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
}

/** What stands in expressions and is no attribute (DynamoDB, expressions in DynamoDB). */
const KEYWORDS =
  /^(SET|REMOVE|ADD|DELETE|AND|OR|NOT|IN|BETWEEN|if_not_exists|list_append|attribute_exists|attribute_not_exists|attribute_type|begins_with|contains|size)$/;

/** Collects the attributes that a request names: those which `dynamodb:Attributes` holds when IAM evaluates it. */
export function namedAttributes(request: NamesAttributes): string[] {
  const expressions = [request.UpdateExpression, request.ConditionExpression, request.ProjectionExpression];
  const words = expressions.join(' ').match(/[#:]?[A-Za-z_]\w*/g) ?? [];
  const inExpressions = words
    .filter((word) => !word.startsWith(':') && !KEYWORDS.test(word))
    .map((word) => (word.startsWith('#') ? (request.ExpressionAttributeNames?.[word] ?? word) : word));
  const names = [request.Key, request.Item].flatMap((fields) => Object.keys(fields ?? {}));
  return [...new Set([...names, ...inExpressions])];
}
