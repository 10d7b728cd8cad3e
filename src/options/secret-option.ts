// Reads the option `secret`: from code, from a variable, or from a file that a variable names.
import { getStringFromEnv } from "@opentelemetry/core";
import { readSecretFile } from "../trust/secret-file.ts";
import { SECRETS_EXPECTED, secretFault, secretsOf, soundSecrets } from "../trust/secrets.ts";
import { absolutePath } from "./absolute-path.ts";
import { type Complain, valueOfText } from "./environment.ts";
import { type Instead, type OptionType, quoted, secret, shown } from "./option-types.ts";

const SECRET_VARIABLE = "OTEL_ERROR_TREE_SECRET";
export const SECRET_FILE_VARIABLE = "OTEL_ERROR_TREE_SECRET_FILE";
const NO_SECRET = "no token is accepted, and none is sent";

/** One secret, or two of them. */
export const SECRET: OptionType<string | readonly string[] | undefined> = secret<string | readonly string[]>(
  SECRETS_EXPECTED,
  secretFault,
  soundOnes,
);

/** The valid secrets of a wrong value: if the new secret of a rotation is mistyped, the old one still holds. */
function soundOnes(value: unknown): Instead<readonly string[] | undefined> {
  const sound = typeof value === "string" ? soundSecrets(value) : [];
  if (sound.length === 0) return { value: undefined, words: NO_SECRET };
  const ids = secretsOf(sound).map(({ keyId }) => `"${keyId}"`);
  return { value: sound, words: `key id ${ids.join(" and ")} holds alone` };
}

/** A secret that was read from a file. */
export interface FileSecret {
  readonly secret?: readonly string[];
  /** The absolute path of the file, to be read again: it may change, or be created later. */
  readonly secretFile?: string;
}

/** The secret in the file that a variable names, unless a variable holds the secret itself. */
export function secretFromFile(complain: Complain): FileSecret {
  const named = getStringFromEnv(SECRET_FILE_VARIABLE)?.trim();
  if (named === undefined) return {};
  if (getStringFromEnv(SECRET_VARIABLE) !== undefined) {
    complain(`${SECRET_FILE_VARIABLE} is not read, for ${SECRET_VARIABLE} is set as well, and holds alone`);
    return {};
  }
  const path = absolutePath(named);
  const content = readSecretFile(path);
  if ("fault" in content) {
    complain(`${fileFaults()(content.fault)}; ${NO_SECRET}`);
    return { secretFile: path };
  }
  const secrets = secretsOfFile(content.text, complain);
  return { ...(secrets.length === 0 ? undefined : { secret: secrets }), secretFile: path };
}

/** How a path begins. A user may have put the secret itself in its place. */
const PATH = /^(?:\.{0,2}\/|\.{0,2}\\|[A-Za-z]:\\)/;

/** Says what is wrong with the file, which it names as the variable does now: the program may delete that. */
export function fileFaults(): (fault: string) => string {
  const named = getStringFromEnv(SECRET_FILE_VARIABLE)?.trim() ?? "";
  const name = PATH.test(named) ? quoted(named) : shown(named);
  return (fault) => `${SECRET_FILE_VARIABLE} must name a file with the secret, but ${name} ${fault}`;
}

/** The valid secrets of the file's text. */
export function secretsOfFile(text: string, complain: Complain): readonly string[] {
  const value = valueOfText(`the file of ${SECRET_FILE_VARIABLE}`, text, SECRET, complain);
  return value === undefined ? [] : soundSecrets(value);
}
