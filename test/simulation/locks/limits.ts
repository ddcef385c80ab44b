import { randomInt } from "node:crypto";

const long = process.env.MTUI_LONG === "1";

/** MTUI_SEED replays one history; MTUI_LONG=1 takes a multiple of everything. */
export const LIMITS = {
  runs: long ? 30_000 : 1_000,
  histories: process.env.MTUI_SEED !== undefined ? 1 : long ? 60_000 : 1_500,
  firstSeed: Number(process.env.MTUI_SEED ?? randomInt(1_000_000_000)),
};

export const TIMEOUT_MS = long ? 1_200_000 : 120_000;
