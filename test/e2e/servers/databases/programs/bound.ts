// The value of a user that the services bind in statements.

/** It must stand in no tree. */
export const BOUND = "maria.lindqvist@mail.example.org";
