// Notes the errors of NestJS without a line in the program: where Nest hands an exception to its filters.
import { observeExceptions } from "../nestjs.ts";
import type { Modules } from "./modules.ts";

/** NestJS 10 to 12, for the life of the process. */
export function observeNest(modules: Modules): void {
  modules.on("@nestjs/core/exceptions/exceptions-handler.js", look);
  modules.on("@nestjs/core/exceptions/exceptions-handler", look);
}

function look(exports: { readonly ExceptionsHandler?: never }): undefined {
  const { ExceptionsHandler } = exports;
  if (ExceptionsHandler !== undefined) observeExceptions(ExceptionsHandler);
}
