// Shared secrets as they are set, `keyid:secret`, and what can be wrong with them.

/** A secret, and the name by which a token says that it was made with it. */
export interface Secret {
  readonly keyId: string;
  readonly secret: string;
}

/** One that is used, and one more while it is being replaced. */
const MOST_SECRETS = 2;
const KEY_ID = /^[\w.-]{1,16}$/;
/** Who sees one token can try secrets at home, so no password will do: 32 hex digits are 128 bits. */
const LEAST_CHARS = 32;
const MOST_CHARS = 256;
/** Printable ASCII without space and comma. */
const SECRET_CHARS = /^[!-+\--~]*$/;

/** So many characters of a secret in a row; names and addresses have dots between. */
const LONG_RUN = /[^\s.,]{32}/;

/** What {@link secretFault} accepts, in words. */
export const SECRETS_EXPECTED: string =
  '"keyid:secret", or two of them with a comma between, or absent for none; ' +
  'a key id has 1 to 16 letters, digits, ".", "_" and "-", ' +
  `a secret ${LEAST_CHARS} to ${MOST_CHARS} printable ASCII characters, space and comma apart`;

/**
 * What is wrong with a value that should be one secret or two; `undefined` where nothing is. Never tells any part of the
 * value: who forgot the key id would find the secret in a log.
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
 * The secrets of a value that can be used although others in it cannot, as texts: those without a fault, two at most, the first
 * ones of their key ids. None is taken for another one: a secret that is dropped is accepted nowhere.
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

/** True for a text that may be a secret, or have one in it, and is not to be shown. */
export function mayBeSecret(text: string): boolean {
  return LONG_RUN.test(text) || textsOf(text).some((one) => faultOf(one) === undefined);
}

/** Secrets of a value in which {@link secretFault} finds no fault. The first one signs, every one is accepted. */
export function secretsOf(value: string | readonly string[]): Secret[] {
  return textsOf(value).map(secretOf);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** Space around is none of a secret: files that hold one end with a line feed. */
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
