// Shows modules that the program loads to who observes them, however it loads them: by `require` or by `import`.
import { createRequire } from "node:module";
import { reasonOf, tell } from "./tell.ts";

/**
 * Sees what a module exports, before the program does. What it returns takes the place of that, if it is not `undefined`; of an ES module
 * only single exports can be replaced, by assigning to them.
 */
export type SeeModule = (exported: never) => unknown;

type Hook = new (
  names: readonly string[],
  options: { readonly internals: boolean },
  see: (exported: unknown, name: string) => unknown,
) => object;

/** Watches for modules. Nothing is loaded because of it. */
export class ModuleWatch {
  /** Those that are watched for. */
  readonly names: string[] = [];
  readonly #hooks: readonly Hook[];

  /** `place` finds the SDK. */
  constructor(place: NodeJS.Require) {
    const instrumentation = createRequire(place.resolve("@opentelemetry/instrumentation"));
    this.#hooks = ["require-in-the-middle", "import-in-the-middle"].map(
      (name) => (instrumentation(name) as { Hook: Hook }).Hook,
    );
  }

  /** Shows the main file of a package each time that it is loaded, by one of both ways. If `see` throws, the module stays as it is. */
  on(name: string, see: SeeModule): void {
    this.names.push(name);
    const guarded = (exported: unknown): unknown => {
      try {
        return see(exported as never) ?? exported;
      } catch (error) {
        tell(`${name} cannot be observed: ${reasonOf(error)}`);
        return exported;
      }
    };
    for (const Hook of this.#hooks) new Hook([name], { internals: false }, guarded);
  }
}
