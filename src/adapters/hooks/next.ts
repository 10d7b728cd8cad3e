// Notes the errors of Next.js without a file in the program: where Next.js calls the hook `onRequestError` of the program.
import { onRequestError } from "../next.ts";
import { type Modules, withExport } from "./modules.ts";

type Report = (
  projectDir: string,
  distDir: string,
  ...reported: Parameters<typeof onRequestError>
) => unknown;

const MODULE = "next/dist/server/lib/router-utils/instrumentation-globals.external";

/** What the module exports, and what stands in its place. */
const replaced = new WeakMap<object, object>();

/** Next.js 16, for the life of the process. */
export function observeNext(modules: Modules): void {
  modules.on(MODULE, look);
  modules.on(`${MODULE}.js`, look);
}

function look(exports: { readonly instrumentationOnRequestError?: Report }): object {
  const { instrumentationOnRequestError: report } = exports;
  if (typeof report !== "function") return exports;
  let made = replaced.get(exports);
  if (made === undefined) {
    const observed: Report = (...all) => {
      const [, , ...reported] = all;
      onRequestError(...reported);
      return report(...all);
    };
    made = withExport(exports, "instrumentationOnRequestError", observed);
    replaced.set(exports, made);
    replaced.set(made, made);
  }
  return made;
}
