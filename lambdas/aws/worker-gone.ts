/** The worker was replaced or removed since its ARN was read. Nothing has run. */
export class WorkerGoneError extends Error {
  override readonly name = 'WorkerGoneError';
}
