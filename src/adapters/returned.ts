// Sees by what error a promise of the program is rejected, so that whoever gets it has no less to handle than before.
import { isThenable } from "../program/thenable.ts";

/**
 * What stands for a value that a function of the program returned: of a promise one that ends likewise, and later than `settled` is
 * called; of anything else the value itself. Nothing counts as handled by it.
 */
export function observed(
  returned: unknown,
  settled: (failure?: { readonly thrown: unknown }) => void,
): unknown {
  if (!isThenable(returned)) return returned;
  const derived: unknown = returned.then(
    (value) => {
      settled();
      return value;
    },
    (thrown: unknown) => {
      settled({ thrown });
      throw thrown;
    },
  );
  return isThenable(derived) ? derived : returned;
}
