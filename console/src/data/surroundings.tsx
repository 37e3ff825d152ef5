import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import type { SampleTarget } from '../display/code-samples.ts';

/** What the console's server says of what it serves. */
export interface Surroundings {
  readonly stackName?: string;
  readonly region?: string;
  readonly isLocal?: boolean;
  readonly functionNames?: readonly string[];
  /** Absent where the server does not know: the API is asked. */
  readonly hasWorkflows?: boolean;
  /** Where programs call the API, and how they sign. On this machine nobody signs for the page, which has to itself. */
  readonly endpoint?: string;
  readonly auth?: SampleTarget['auth'];
}

const SurroundingsContext = createContext<Surroundings>({});

export interface SurroundingsProviderProps {
  readonly fallback: ReactNode;
  readonly children: ReactNode;
}

/** Reads what is around the console before anything of it is shown: it decides what the API is asked, and how. */
export function SurroundingsProvider({ fallback, children }: SurroundingsProviderProps) {
  const [surroundings, setSurroundings] = useState<Surroundings>();
  useEffect(() => {
    let isGone = false;
    // A console without them still shows what the API answers.
    readSurroundings().then(
      (read) => isGone || setSurroundings(read),
      () => isGone || setSurroundings({}),
    );
    return () => {
      isGone = true;
    };
  }, []);
  if (surroundings === undefined) return fallback;
  return <SurroundingsContext value={surroundings}>{children}</SurroundingsContext>;
}

export function useSurroundings(): Surroundings {
  return useContext(SurroundingsContext);
}

/** What samples of calls are made for. */
export function useSampleTarget(): SampleTarget {
  const { endpoint = location.origin, auth = 'none', region = '' } = useSurroundings();
  return { endpoint, auth, region };
}

async function readSurroundings(): Promise<Surroundings> {
  const response = await fetch('/console/surroundings.json');
  return response.ok ? ((await response.json()) as Surroundings) : {};
}
