// Gives an error of the program the failures beneath its request as its cause.
import { isTreeError, traceOfTreeError } from "../spans/from-tree.ts";
import { errorBeneathRoot } from "../tree/error/error-from-tree.ts";
import { treeSoFar } from "./active.ts";

/** So many errors in a chain of causes are looked at. */
const MOST_CAUSES = 32;

/**
 * Gives an error the failures beneath the current request as its `cause`, across services: `console.error`, loggers and error
 * trackers then show them. What stopped the request is judged as if it failed with this error; if that is nothing beneath it,
 * nothing is attached. An error that has a `cause` keeps it, and the last error of its chain of causes gets what is attached.
 *
 * ```js
 * app.use((error, request, response, next) => next(attachErrorTree(error)));
 * ```
 *
 * An error is left as it is if no request of ours is active, if it is no object, is frozen, or if its chain of causes is a circle or ends
 * with a value that is no error. What was attached before is replaced if it is of another request. Never throws.
 *
 * @returns the same error
 */
export function attachErrorTree<E>(error: E): E {
  try {
    const place = endOfCauses(error);
    if (place === undefined) return error;
    const tree = treeSoFar({ thrown: error });
    if (tree === undefined || traceOfTreeError(place.cause) === tree.traceId) return error;
    const cause = errorBeneathRoot(tree);
    if (cause !== undefined) {
      Object.defineProperty(place, "cause", {
        value: cause,
        writable: true,
        configurable: true,
        enumerable: false,
      });
    }
  } catch {
    // Getters, proxies and frozen objects are the program's.
  }
  return error;
}

interface Caused {
  cause?: unknown;
}

/** The last error in a chain of causes, if it can get one; what was made of a tree does not count. May throw. */
function endOfCauses(error: unknown): Caused | undefined {
  const seen = new Set<unknown>();
  let place = error;
  while (isErrorLike(place) && !seen.has(place) && seen.size < MOST_CAUSES) {
    seen.add(place);
    const { cause } = place;
    if (isNothing(cause) || isTreeError(cause)) {
      return Object.isExtensible(place) && !isTreeError(place) ? place : undefined;
    }
    place = cause;
  }
  return undefined;
}

/** An empty object is what got gives its errors for a cause that they do not have. */
function isNothing(cause: unknown): boolean {
  if (cause === undefined || cause === null) return true;
  return Object.getPrototypeOf(cause) === Object.prototype && Reflect.ownKeys(cause).length === 0;
}

/** Errors of another realm are no `instanceof Error`. */
function isErrorLike(value: unknown): value is Caused {
  return typeof value === "object" && value !== null && typeof (value as Error).message === "string";
}
