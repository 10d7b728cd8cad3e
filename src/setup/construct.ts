// Makes an instance of a class of a package that the environment asks for, at once or as soon as the bundle has loaded it.
import type { Complain } from "../options/environment.ts";
import { shown } from "../options/option-types.ts";
import { loadBundled } from "./bundled.ts";
import { type Exports, isInBundle, load } from "./packages.ts";

/** A class of another package. */
export interface Wanted<T> {
  readonly packageName: string;
  readonly className: string;
  /** Of its constructor. */
  readonly argument?: unknown;
  /** Why the package is needed. */
  readonly reason: string;
  /** What happens without it. */
  readonly without: string;
  readonly complain: Complain;
  /** What stands for an instance that a bundle loads; `undefined` comes if it cannot, which is complained of. */
  readonly late: (coming: Promise<T | undefined>) => T;
}

/**
 * An instance of the class. Its package is resolved from NodeSDK: exporters are its dependencies, not ours. It is loaded only
 * if the environment asks for it. `undefined` if that fails.
 */
export function construct<T>(wanted: Wanted<T>): T | undefined {
  try {
    return instanceOf(load(wanted.packageName), wanted);
  } catch (error) {
    if (!isMissing(error) || !isInBundle()) return complainOf(wanted, error);
    return wanted.late(
      loadBundled(wanted.packageName).then(
        (exports) => instanceOf(exports, wanted),
        (inBundle) => complainOf(wanted, inBundle),
      ),
    );
  }
}

function instanceOf<T>(exports: Exports, { className, argument }: Wanted<T>): T {
  const Class = exports[className] as new (argument?: unknown) => T;
  return new Class(argument);
}

function isMissing(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND";
}

function complainOf<T>(wanted: Wanted<T>, error: unknown): undefined {
  const { packageName, reason, without, complain } = wanted;
  const { message } = error as { message?: unknown };
  const missing = isInBundle() ? "is neither installed nor in the bundle" : "is not installed";
  const fault = isMissing(error) ? missing : `cannot be used: ${shown(String(message ?? error))}`;
  complain(
    `${reason}, but the package ${packageName} ${fault}; ${without} (npm install ${packageName}, or give it to NodeSDK in code)`,
  );
  return undefined;
}
