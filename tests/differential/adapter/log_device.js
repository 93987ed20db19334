/* A SwingSet device with our bridge's method. Lines are kept in the device's state, so that those
 * of a crank that is undone are undone with it, as the outputs of ours are. */
import { Far } from '@endo/far';

export const buildRootDeviceNode = ({ getDeviceState, setDeviceState }) =>
  Far('bridge', {
    callOutbound(line) {
      const { lines = [] } = getDeviceState() ?? {};
      setDeviceState(harden({ lines: [...lines, line] }));
    },
  });
