// Names the codes that a failure can have.
import type { Code } from "../spans/code.ts";

export type FailureCode = Exclude<Code, "ok">;
