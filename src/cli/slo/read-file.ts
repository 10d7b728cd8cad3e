// Reads a file of quality attributes from the disk, and words what is wrong with it.
import { readFile } from "node:fs/promises";
import type { Objectives } from "../../observatory/objectives/objectives.ts";
import type { Problem } from "../../observatory/objectives/problem.ts";
import { type ObjectivesFile, readObjectives } from "../../observatory/objectives/read-objectives.ts";
import { InputError } from "../input/input-error.ts";
import { reasonOf } from "../reason.ts";

/** @throws InputError if the file cannot be read; what is wrong in it is in the result */
export async function readObjectivesFile(path: string): Promise<ObjectivesFile> {
  try {
    return readObjectives(await readFile(path, "utf8"));
  } catch (error) {
    throw new InputError(`${path} cannot be read: ${reasonOf(error)}`);
  }
}

/**
 * The quality attributes of a file, to judge by.
 *
 * @throws InputError if the file cannot be read, or anything in it is wrong: all of it is in the message, one a line
 */
export async function loadObjectives(path: string): Promise<Objectives> {
  const { objectives, problems } = await readObjectivesFile(path);
  if (problems.length === 0) return objectives;
  throw new InputError(problems.map((problem) => atPlace(path, problem)).join("\n"));
}

/** As compilers write it, so that an editor finds the place. */
export function atPlace(
  path: string,
  { line, column, text }: Problem,
  kind: "error" | "warning" = "error",
): string {
  return `${path}:${line}:${column}: ${kind}: ${text}`;
}
