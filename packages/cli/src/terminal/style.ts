import { styleText } from "node:util";

const NAMES = ["bold", "dim", "red", "green", "yellow", "cyan", "inverse"] as const;
export type Ink = (typeof NAMES)[number];
export type Style = Readonly<Record<Ink, (text: string) => string>>;

const plain = (text: string): string => text;

export const PLAIN: Style = {
  bold: plain,
  dim: plain,
  red: plain,
  green: plain,
  yellow: plain,
  cyan: plain,
  inverse: plain,
};

const COLOURED: Style = {
  bold: (text) => ink("bold", text),
  dim: (text) => ink("dim", text),
  red: (text) => ink("red", text),
  green: (text) => ink("green", text),
  yellow: (text) => ink("yellow", text),
  cyan: (text) => ink("cyan", text),
  inverse: (text) => ink("inverse", text),
};

function ink(name: Ink, text: string): string {
  return text === "" ? text : styleText(name, text, { validateStream: false });
}

export function styleOf(colour: boolean): Style {
  return colour ? COLOURED : PLAIN;
}

/** `NO_COLOR` with any text wins; `FORCE_COLOR` (but 0) forces; else a terminal that is not dumb. */
export function wantsColour(tty: boolean, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "") return env.FORCE_COLOR !== "0";
  return tty && env.TERM !== "dumb";
}
