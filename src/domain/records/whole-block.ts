/** The share of its requests that a block may lack: with so few fewer the server was at its level all the same. */
export const MAY_LACK = 0.05;
