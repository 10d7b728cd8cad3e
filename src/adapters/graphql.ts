// Notes errors of GraphQL, which are answered with status 200: a plugin for GraphQL Yoga and Envelop, and one for Apollo Server.
import { noteRoute } from "../program/note.ts";
import { failByErrors } from "./graphql-errors.ts";

/** Sees each result of a document that defers, streams or subscribes. */
export interface EachResult {
  onNext(next: { readonly result: unknown }): void;
}

/** A plugin of GraphQL Yoga 5 and of Envelop. */
export interface YogaPlugin {
  onYogaInit(init: { readonly yoga: { readonly graphqlEndpoint?: unknown } }): void;
  onExecute(): { onExecuteDone(done: { readonly result: unknown }): EachResult | undefined };
  onSubscribe(): { onSubscribeResult(done: { readonly result: unknown }): EachResult | undefined };
  onResultProcess(processed: { readonly request: object; readonly result: unknown }): void;
}

/**
 * A plugin of GraphQL Yoga: a request whose document has errors has failed, although it is answered with 200. The errors are those
 * that resolvers threw, before Yoga masks them.
 *
 * ```js
 * createYoga({ schema, plugins: [yogaErrorTree()] });
 * ```
 */
export function yogaErrorTree(): YogaPlugin {
  let route: unknown;
  const look = (result: unknown, otherwise?: "invalid-argument"): EachResult | undefined => {
    if (isIterable(result)) return { onNext: (next) => void look(next.result) };
    const errors = errorsOf(result);
    if (errors === undefined) return undefined;
    noteRoute(route);
    failByErrors(errors, otherwise);
    return undefined;
  };
  const executed = new WeakSet<object>();
  return {
    onYogaInit: ({ yoga }) => {
      route = yoga.graphqlEndpoint;
    },
    onExecute: () => ({
      onExecuteDone: ({ result }) => {
        if (isObject(result)) executed.add(result);
        return look(result);
      },
    }),
    onSubscribe: () => ({
      onSubscribeResult: ({ result }) => {
        if (isObject(result)) executed.add(result);
        return look(result);
      },
    }),
    // Parsing and validation have failed without an execution.
    onResultProcess: ({ result }) => {
      for (const one of Array.isArray(result) ? result : [result]) {
        if (isObject(one) && !isIterable(one) && !("data" in one) && !executed.has(one))
          look(one, "invalid-argument");
      }
    },
  };
}

/** A plugin of Apollo Server 4 and 5. */
export interface ApolloPlugin {
  requestDidStart(): Promise<{
    didEncounterErrors(request: { readonly errors: readonly unknown[] }): Promise<void>;
    didEncounterSubsequentErrors(request: unknown, errors: readonly unknown[]): Promise<void>;
  }>;
  invalidRequestWasReceived(received: { readonly error: Error }): Promise<void>;
  unexpectedErrorProcessingRequest(received: { readonly error: Error }): Promise<void>;
}

/**
 * A plugin of Apollo Server: a request whose document has errors has failed, although it is answered with 200.
 *
 * ```js
 * new ApolloServer({ schema, plugins: [apolloErrorTree()] });
 * ```
 */
export function apolloErrorTree(): ApolloPlugin {
  return {
    requestDidStart: async () => ({
      didEncounterErrors: async ({ errors }) => failByErrors(errors),
      didEncounterSubsequentErrors: async (_, errors) => failByErrors(errors),
    }),
    invalidRequestWasReceived: async ({ error }) => failByErrors([error], "invalid-argument"),
    unexpectedErrorProcessingRequest: async ({ error }) => failByErrors([error]),
  };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isIterable(value: unknown): boolean {
  return isObject(value) && Symbol.asyncIterator in value;
}

/** The errors of a result. Parts that are deferred or streamed come later, and bring theirs with them. */
function errorsOf(result: unknown): readonly unknown[] | undefined {
  try {
    const { incremental, completed } = result as { incremental?: unknown; completed?: unknown };
    const parts = [result, ...listOf(incremental), ...listOf(completed)];
    const errors = parts.flatMap((part) => listOf((part as { errors?: unknown } | null)?.errors));
    return errors.length > 0 ? errors : undefined;
  } catch {
    return undefined;
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
