// Follows a file of secrets: what is mounted changes while services run, and may come later than they do.

import type { Clock } from "../clock.ts";
import type { SetUpLog } from "../health/set-up-log.ts";
import { fileFault, secretsOfFile } from "../options/secret-option.ts";
import type { KeyRing } from "../trust/key-ring.ts";
import { rereadSecretFile } from "../trust/secret-file.ts";
import { secretsOf } from "../trust/secrets.ts";

/** A token is worth ten minutes and more: services that read the file a minute apart understand each other. */
const EVERY_MS = 60_000;

/**
 * Puts what the file holds into the ring, once a minute until the returned function is called. When nothing in the file can be
 * used the ring stays as it is, and the log says so once.
 */
export function followSecret(
  path: string,
  ring: KeyRing,
  clock: Pick<Clock, "every">,
  log: Pick<SetUpLog, "complain" | "info">,
): () => void {
  let isReading = false;
  let told = "";
  const complain = (line: string): void => {
    if (line !== told) log.complain(line);
    told = line;
  };
  const read = async (): Promise<void> => {
    const content = await rereadSecretFile(path);
    if ("fault" in content) {
      complain(`${fileFault(path, content.fault)}; what it held before holds on`);
      return;
    }
    const secrets = secretsOf(secretsOfFile(content.text, complain));
    if (secrets.length === 0 || !ring.replace(secrets)) return;
    told = "";
    log.info(`the file of secrets has changed; key ids: ${ring.keyIds.join(", ")}`);
  };
  return clock.every(EVERY_MS, () => {
    // One that hangs, as on a network drive, must not be joined by others.
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
