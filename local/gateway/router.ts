/** A route key of an HTTP API, taken apart. */
export interface Route<T> {
  readonly routeKey: string;
  readonly target: T;
}

export interface Match<T> {
  readonly route: Route<T>;
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface ParsedRoute<T> extends Route<T> {
  readonly method: string;
  readonly segments: readonly Segment[];
}

type Segment = { readonly kind: 'literal' | 'parameter' | 'greedy'; readonly name: string };

/** The order in which API Gateway prefers what a path segment can match. */
const PREFERENCE = { literal: 0, parameter: 1, greedy: 2 } as const;

const ROUTE_KEY = /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ANY) (\/\S*)$/;

/** Tells why a route key cannot be routed, or undefined when it can. */
export function routeKeyFault(routeKey: string): string | undefined {
  return routeKey === '$default' || ROUTE_KEY.test(routeKey) ? undefined : '"$default" or "METHOD /path"';
}

/** Finds the route of a request: a literal segment wins over a parameter, that over {proxy+}, then $default. */
export class Router<T> {
  readonly #routes: readonly ParsedRoute<T>[];
  readonly #fallback: Route<T> | undefined;

  constructor(routes: readonly Route<T>[]) {
    this.#fallback = routes.find(({ routeKey }) => routeKey === '$default');
    this.#routes = routes
      .filter((route) => route !== this.#fallback)
      .map(parse)
      .sort(compare);
  }

  /** `path` as it came over the wire, percent-encoded. Throws URIError when it cannot be decoded. */
  match(method: string, path: string): Match<T> | undefined {
    const segments = path.split('/').slice(1).map(decodeURIComponent);
    for (const route of this.#routes) {
      const pathParameters = matchSegments(route, method, segments);
      if (pathParameters !== undefined) {
        return { route, pathParameters };
      }
    }
    return this.#fallback && { route: this.#fallback, pathParameters: {} };
  }
}

function parse<T>(route: Route<T>): ParsedRoute<T> {
  const [method = '', path = ''] = route.routeKey.split(' ');
  const segments = path
    .split('/')
    .slice(1)
    .map((text): Segment => {
      const [, name, plus] = /^\{([^}+]+)(\+?)\}$/.exec(text) ?? [];
      if (name === undefined) {
        return { kind: 'literal', name: text };
      }
      return { kind: plus === '+' ? 'greedy' : 'parameter', name };
    });
  return { ...route, method, segments };
}

function matchSegments<T>(
  route: ParsedRoute<T>,
  method: string,
  segments: readonly string[],
): Record<string, string> | undefined {
  if (route.method !== 'ANY' && route.method !== method) {
    return undefined;
  }
  const parameters: Record<string, string> = {};
  for (const [index, { kind, name }] of route.segments.entries()) {
    const segment = segments[index];
    if (segment === undefined || (segment === '' && kind !== 'literal')) {
      return undefined;
    }
    if (kind === 'greedy') {
      parameters[name] = segments.slice(index).join('/');
      return parameters;
    }
    if (kind === 'parameter') {
      parameters[name] = segment;
    } else if (segment !== name) {
      return undefined;
    }
  }
  return segments.length === route.segments.length ? parameters : undefined;
}

function compare(a: ParsedRoute<unknown>, b: ParsedRoute<unknown>): number {
  for (const [index, segment] of a.segments.entries()) {
    const other = b.segments[index];
    const difference = other === undefined ? 0 : PREFERENCE[segment.kind] - PREFERENCE[other.kind];
    if (difference !== 0) {
      return difference;
    }
  }
  return Number(a.method === 'ANY') - Number(b.method === 'ANY');
}
