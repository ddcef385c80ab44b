export { DaemonLink, type Dial, type LinkCall } from "./daemon-link.ts";
