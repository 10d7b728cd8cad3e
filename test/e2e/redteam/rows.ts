// All attacks, in the order of the table.
import type { Row } from "./row.ts";
import { ADDRESS_ROWS } from "./rows/addresses.ts";
import { ANSWER_ROWS } from "./rows/answers.ts";
import { ASK_ROWS } from "./rows/asks.ts";
import { FLOOD_ROWS } from "./rows/floods.ts";
import { REDACTION_ROWS } from "./rows/redaction.ts";
import { SETUP_ROWS } from "./rows/setup.ts";
import { SHUTDOWN_ROWS } from "./rows/shutdown.ts";
import { SMALL_ROWS } from "./rows/small.ts";

/** The same attacks on the oldest Node, which lacks some channels. */
function onOldNode(row: Row): Row {
  return {
    ...row,
    attack: `Node 20: ${row.attack}`,
    long: true,
    run: async (stage) => {
      const old = await stage.old();
      return typeof old === "string" ? { skipped: old } : await row.run(old);
    },
  };
}

export const ROWS: readonly Row[] = [
  ...REDACTION_ROWS,
  ...ASK_ROWS,
  ...ANSWER_ROWS,
  ...SHUTDOWN_ROWS,
  ...FLOOD_ROWS,
  ...ADDRESS_ROWS,
  ...SETUP_ROWS,
  ...SMALL_ROWS,
  ...[...ADDRESS_ROWS, ...ASK_ROWS, ...ANSWER_ROWS, ...SMALL_ROWS]
    .filter(({ newNodeOnly = false }) => !newNodeOnly)
    .map(onOldNode),
];
