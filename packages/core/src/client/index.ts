export { expandHome, type Places, places } from "../config/paths.ts";
export { connect } from "./connect.ts";
export { dial } from "./dial.ts";
export { type Instance, instancePath, isAlive, readInstance, startTicks } from "./instance-file.ts";
export { findLauncher, START_LOG } from "./launch.ts";
export {
  type ClientName,
  CONNECT_LIMITS,
  type ConnectLimits,
  type ConnectOptions,
  type DaemonClient,
  type HelloReply,
  type Launcher,
} from "./options.ts";
export { nearest } from "../config/nearest.ts";
export { checkPrivateDir, ensurePrivateDir } from "./private-dir.ts";
export { type Skew, skewOf } from "./skew.ts";
export { checkedLength, socketPath } from "./socket-path.ts";
export { stopDaemon, type Stopped, type StopOptions } from "./stop.ts";
