import { createContext, type ReactNode, useContext, useMemo } from 'react';
import type { FunctionSummary } from '../../../client/index.ts';
import { useSurroundings } from './surroundings.tsx';
import { taskApi } from './task-api.ts';
import { usePolled } from './use-polled.ts';

/** What their tasks are at changes; which functions there are hardly does. */
const POLL_MS = 30_000;

interface Functions {
  /** Undefined until they were read. */
  readonly functions: readonly FunctionSummary[] | undefined;
  readonly error: unknown;
  readonly refresh: () => void;
}

const NOBODY: readonly string[] = [];

const FunctionsContext = createContext<Functions | undefined>(undefined);

export function FunctionsProvider({ children }: { readonly children: ReactNode }) {
  const { value, error, refresh } = usePolled('functions', readFunctions, POLL_MS);
  const { isLocal, functionNames = NOBODY } = useSurroundings();
  const functions = useMemo(
    // Of a deployed stack whoever started the console may have said which they want to see.
    () => ({
      functions: value?.filter(
        ({ functionName }) => isLocal || functionNames.length === 0 || functionNames.includes(functionName),
      ),
      error,
      refresh,
    }),
    [value, isLocal, functionNames, error, refresh],
  );
  return <FunctionsContext value={functions}>{children}</FunctionsContext>;
}

/** The functions of what the console shows, read once for all pages. */
export function useFunctions(): Functions {
  const functions = useContext(FunctionsContext);
  if (!functions) throw new Error('useFunctions needs a FunctionsProvider');
  return functions;
}

/** One function; undefined until it was read. */
export function useFunction(functionName: string): FunctionSummary | undefined {
  return useFunctions().functions?.find((each) => each.functionName === functionName);
}

async function readFunctions(signal: AbortSignal): Promise<FunctionSummary[]> {
  const functions: FunctionSummary[] = [];
  for await (const each of taskApi.functions({}, { signal })) functions.push(each);
  return functions;
}
