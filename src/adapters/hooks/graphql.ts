// Notes errors of GraphQL Yoga and Apollo Server without a line in the program: every server gets our plugin.
import { apolloErrorTree, yogaErrorTree } from "../graphql.ts";
import { type Modules, withExport } from "./modules.ts";

type CreateYoga = (options: object, ...more: unknown[]) => unknown;
type ApolloClass = new (...args: never[]) => object;

/** What a module exports, and what stands in its place. */
const observed = new WeakMap<object, object>();

/** GraphQL Yoga 5 and Apollo Server 4 and 5, for the life of the process. */
export function observeGraphql(modules: Modules): void {
  modules.on("graphql-yoga", (exports: { readonly createYoga?: CreateYoga }) =>
    replaced(
      exports,
      "createYoga",
      (createYoga: CreateYoga) =>
        (options: object, ...more: unknown[]) =>
          createYoga(withPlugin(options, yogaErrorTree()), ...more),
    ),
  );
  modules.on("@apollo/server", (exports: { readonly ApolloServer?: ApolloClass }) =>
    replaced(
      exports,
      "ApolloServer",
      (Apollo: ApolloClass) =>
        new Proxy(Apollo, {
          construct: (target, [config, ...more], newTarget) =>
            Reflect.construct(target, [withPlugin(config, apolloErrorTree()), ...more], newTarget) as object,
        }),
    ),
  );
}

function replaced<Value extends object>(exports: object, name: string, by: (value: Value) => object): object {
  const value = (exports as Record<string, unknown>)[name];
  if (typeof value !== "function") return exports;
  const known = observed.get(value);
  if (known === value) return exports;
  const made = known ?? by(value as unknown as Value);
  observed.set(value, made);
  observed.set(made, made);
  return withExport(exports, name, made);
}

/** The options with one plugin more, in front of the program's own: Yoga masks errors in its last one. */
function withPlugin(options: unknown, plugin: object): object {
  const { plugins } = (options ?? {}) as { plugins?: unknown };
  const own: unknown[] = Array.isArray(plugins) ? plugins : [];
  return { ...(options as object), plugins: [plugin, ...own] };
}
