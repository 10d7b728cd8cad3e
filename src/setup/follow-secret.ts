// Follows the file of the secret: a mounted file changes while the service runs, and may be created after the service has started.

import type { Clock } from "../clock.ts";
import type { SetUpLog } from "../health/set-up-log.ts";
import { fileFaults, secretsOfFile } from "../options/secret-option.ts";
import type { KeyRing } from "../trust/key-ring.ts";
import { rereadSecretFile } from "../trust/secret-file.ts";
import { secretsOf } from "../trust/secrets.ts";

/** A token is valid for at least ten minutes, so services that read the file a minute apart still accept each other's. */
const EVERY_MS = 60_000;

/**
 * Reads the file once a minute and puts its secrets into the ring, until the returned function is called. If the file has no
 * valid secret the ring stays as it is, and the log says so once.
 */
export function followSecret(
  path: string,
  ring: KeyRing,
  clock: Pick<Clock, "every">,
  log: Pick<SetUpLog, "complain" | "info">,
): () => void {
  const faultOf = fileFaults();
  let isReading = false;
  let lastLine = "";
  const complain = (line: string): void => {
    if (line !== lastLine) log.complain(line);
    lastLine = line;
  };
  const read = async (): Promise<void> => {
    const content = await rereadSecretFile(path);
    if ("fault" in content) {
      complain(`${faultOf(content.fault)}; what it held before holds on`);
      return;
    }
    const secrets = secretsOf(secretsOfFile(content.text, complain));
    if (secrets.length === 0 || !ring.replace(secrets)) return;
    lastLine = "";
    log.info(`the file of secrets has changed; key ids: ${ring.keyIds.join(", ")}`);
  };
  return clock.every(EVERY_MS, () => {
    // A read that hangs, as on a network drive, must not be followed by more of them.
    if (isReading) return;
    isReading = true;
    read().then(
      () => {
        isReading = false;
      },
      () => {
        isReading = false;
      },
    );
  });
}
