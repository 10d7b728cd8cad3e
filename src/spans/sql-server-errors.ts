// Lists the errors of SQL Server and Azure SQL, by the numbers that `db.response.status_code` holds.
import { type Known, tableOf } from "./store-error-tables.ts";

/** Sources: Microsoft, "Database Engine events and errors", and "Troubleshoot connectivity issues and other errors" of Azure SQL. */
export const SQL_SERVER: ReadonlyMap<string, Known> = new Map([
  ...tableOf([
    ["already-exists", "2601 2627"],
    // 547 is a foreign key or, more rarely, a check constraint; 50000 is what the program itself raises.
    ["failed-precondition", "547 50000"],
    ["invalid-argument", "245 515 2628 8114 8134 8152"],
    // A deadlock, a lock that was waited for too long, and a conflict of snapshots.
    ["aborted", "1205 1222 3960"],
    ["unauthenticated", "18452 18456 18470 18486 18487 18488"],
    ["permission-denied", "229 230 262"],
    ["unavailable", "4060 40197 40613"],
    ["resource-exhausted", "701 1105 9002 10928 10929 40501 49918 49919 49920"],
    ["internal", "102 156 207 208 911 2812"],
  ]),
  // The number that the client has for its own time limit. Source: Microsoft.Data.SqlClient, `TdsEnums.TIMEOUT_EXPIRED`.
  ["-2", { type: "-2", code: "deadline-exceeded", by: "client" }],
]);
