import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { readSurroundings, type Surroundings } from './task-api.ts';
import { usePolled } from './use-polled.ts';

/** A function that takes tasks. */
export interface TaskFunction {
  readonly functionName: string;
}

interface Functions {
  /** Undefined until they were read. */
  readonly functions: readonly TaskFunction[] | undefined;
  readonly surroundings: Surroundings;
  readonly error: unknown;
  readonly refresh: () => void;
}

const NOWHERE: Surroundings = {};

const FunctionsContext = createContext<Functions | undefined>(undefined);

export function FunctionsProvider({ children }: { readonly children: ReactNode }) {
  const { value, error, refresh } = usePolled('functions', readSurroundings, undefined);
  const functions = useMemo(
    () => ({
      functions: value?.functionNames?.toSorted().map((functionName) => ({ functionName })),
      surroundings: value ?? NOWHERE,
      error,
      refresh,
    }),
    [value, error, refresh],
  );
  return <FunctionsContext value={functions}>{children}</FunctionsContext>;
}

/** The functions of what the console shows, read once for all pages. */
export function useFunctions(): Functions {
  const functions = useContext(FunctionsContext);
  if (!functions) throw new Error('useFunctions needs a FunctionsProvider');
  return functions;
}
