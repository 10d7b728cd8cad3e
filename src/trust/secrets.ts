// Reads shared secrets of the form `keyid:secret`, and says what is wrong with them.

/** A secret, and its id, which a token names. */
export interface Secret {
  readonly keyId: string;
  readonly secret: string;
}

/** One, and a second one while the first is being replaced. */
const MOST_SECRETS = 2;
const KEY_ID = /^[\w.-]{1,16}$/;
/** Whoever sees a token can try out secrets offline, so a password is too short. 32 hex digits are 128 bits. */
const LEAST_CHARS = 32;
const MOST_CHARS = 256;
/** Printable ASCII without space and comma. */
const SECRET_CHARS = /^[!-+\--~]*$/;

/** A run of characters as long as the shortest secret; names and addresses have dots in between. */
const LONG_RUN = /[^\s.,]{32}/;

/** What {@link secretFault} accepts, for the error and the documentation. */
export const SECRETS_EXPECTED: string =
  '"keyid:secret", or two of them with a comma between, or absent for none; ' +
  'a key id has 1 to 16 letters, digits, ".", "_" and "-", ' +
  `a secret ${LEAST_CHARS} to ${MOST_CHARS} printable ASCII characters, space and comma apart`;

/**
 * What is wrong with a value that should be one secret or two; `undefined` if nothing is. Never shows any part of the value:
 * if somebody forgot the key id, the secret itself would be in the log.
 */
export function secretFault(value: unknown): string | undefined {
  if (typeof value !== "string" && !isTexts(value)) return `something else (${typeof value})`;
  const texts = textsOf(value);
  if (texts.length < 1 || texts.length > MOST_SECRETS) return `${texts.length} of them`;
  for (const [i, text] of texts.entries()) {
    const fault = faultOf(text);
    if (fault !== undefined) return `a ${i === 0 ? "first" : "second"} one ${fault}`;
  }
  const [first, second] = texts.map(secretOf);
  return first?.keyId === second?.keyId ? "one key id twice" : undefined;
}

/**
 * The valid secrets of a value, as texts, although others in it are not valid: two at most, and the first one of each key id. A
 * secret that is dropped is not accepted under any other key id.
 */
export function soundSecrets(value: string | readonly string[]): string[] {
  const sound = new Map<string, string>();
  for (const text of textsOf(value)) {
    if (faultOf(text) !== undefined || sound.size === MOST_SECRETS) continue;
    const { keyId } = secretOf(text);
    if (!sound.has(keyId)) sound.set(keyId, text);
  }
  return [...sound.values()];
}

/** True for a text that may be a secret or contain one, and must not be shown. */
export function mayBeSecret(text: string): boolean {
  return LONG_RUN.test(text) || textsOf(text).some((one) => faultOf(one) === undefined);
}

/** The secrets of a value that {@link secretFault} accepts. The first one signs, all are accepted. */
export function secretsOf(value: string | readonly string[]): Secret[] {
  return textsOf(value).map(secretOf);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** Removes space around secrets: a file that holds one ends with a line feed. */
function textsOf(value: string | readonly string[]): string[] {
  return (typeof value === "string" ? value.split(",") : value).map((text) => text.trim());
}

function secretOf(text: string): Secret {
  const colon = text.indexOf(":");
  return { keyId: text.slice(0, colon), secret: text.slice(colon + 1) };
}

function faultOf(text: string): string | undefined {
  if (!text.includes(":")) return "without a colon";
  const { keyId, secret } = secretOf(text);
  if (!KEY_ID.test(keyId)) return "with a key id that is empty, too long or of other characters";
  if (!SECRET_CHARS.test(secret)) return "with a secret of other characters";
  const { length } = secret;
  return length < LEAST_CHARS || length > MOST_CHARS ? `with a secret of ${length} characters` : undefined;
}
