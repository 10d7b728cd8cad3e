// Pieces of all that the redactor knows: names, separators, quotes, schemes, digits, SQL, messages, escapes, Unicode.

/** Each of them alone means something, or ends or hides what another one begins. */
export const FRAGMENTS: readonly string[] = [
  // Separators and quotes
  ...["=", ":", "&", "?", ",", ";", " ", "\n", '"', "'", "`", "\\", '\\"', "(", ")", "{", "}", "[", "]", "<"],
  ...[
    "-",
    "_",
    ".",
    "/",
    "%5B",
    "\\u003d",
    "b'",
    "LOGIN ",
    "AUTH ",
    "%s",
    "$1",
    "*",
    "...",
    "[redacted]",
    "[redac",
    "!",
  ],
  // Names
  ...["token", "password", "x-api-key", "code", "jwt:", "pin=", 'token="', "jwt:'", 'jwt:\\"', '"jwt":"'],
  ...["user[password]", "jwt:jwt:://x@", "a=b", "x=y;", ",a=", "e:", "null"],
  // Schemes, cookies, tokens, keys
  ...[
    "cookie",
    "cookie:",
    "Authorization",
    "authorization:",
    "authorization=x,",
    "Bearer ",
    "basic ",
    "bearer",
  ],
  ...["eyJ", "-eyJ", "AKIA", "sk-", "SG.", "SG.aaaaaaaaaaaaaaaa", "xoxb-", "ghp_", "whsec_", "ya29.", "AIza"],
  ...["-----BEGIN KEY-----", "-----BEGIN ", "-----END KEY-----", "-----", "AAAAAAAAAAAAAAAAAAAA"],
  // URLs and addresses
  ...["://", "://a:b/", "https://", "@", "x@", "@a.", "a.com", "git"],
  // Digits, words
  ...["1", "12.5", "1234 ", "1234-", "4111111111111111", "a1b2c3d4", "aBcDeF", "x", "word "],
  // Statements
  ...[
    "select ",
    " from ",
    "update t ",
    " set ",
    "insert into t ",
    "with x as (",
    " as",
    "call f(",
    "''",
    "\\'",
  ],
  ...["Failed query: ", " params: ", " - "],
  // Command lines
  ...["'-b", " -b ", "-u"],
  // Messages of databases
  ...["invalid input syntax for ", ': "', 'value "', '" is out of range for type', 'at or near "', "Key ("],
  ...[
    "existing key (",
    ")=(",
    ") already exists",
    "Duplicate entry '",
    "' for key",
    "incorrect ",
    " value: '",
  ],
  ...["conversion failed when converting ", " value '", "dup key: { ", "Cast to ", ' failed for value "'],
  // What steers a terminal, and Unicode
  ...[
    "\u001b",
    "\u001b[",
    "\u001b[31m",
    "\u001b]",
    "\u0007",
    "\u009b",
    "\u009d",
    "\u202e",
    "\u0000",
    "\u0085",
  ],
  ...["\u00a0", "é", "💥", "\ud83d", "\u0130"],
];

/** What a text must begin with to be read as a statement, or as a command line. */
export const BEGINNINGS: readonly string[] = [
  "htpasswd ",
  "select a from b ",
  "insert into t values ('",
  "call f (",
  "Failed query: ",
];
