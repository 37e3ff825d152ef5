declare module 'asl-validator' {
  /** Validates a workflow's definition against the schema of the Amazon States Language and its paths. */
  export default function validate(definition: object): {
    readonly isValid: boolean;
    readonly errors: readonly object[];
  };
}
