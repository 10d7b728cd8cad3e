// Makes paths absolute.
import { resolve } from "node:path";

/** The absolute path of a file that an option names: the program may change its folder later. As named, if the folder is gone. */
export function absolutePath(named: string): string {
  try {
    return resolve(named);
  } catch {
    return named;
  }
}
