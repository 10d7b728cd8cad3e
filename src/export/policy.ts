// Which fragments are exported.
import type { FragmentView } from "../model/ports.ts";

/**
 * A failed root or detached fragment is exported; an asked one whenever its answer failed, so that the trace of whatever
 * its caller makes of it is complete; and everything above exported spans, so that a forced trace hangs together.
 */
export function isExported({ role, verdict, failed, exportedBeneath }: FragmentView): boolean {
  if (exportedBeneath) return true;
  return role === "asked" ? failed : verdict === "failed";
}
