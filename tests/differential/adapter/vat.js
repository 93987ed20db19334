/* A SwingSet vat whose source comes as a parameter, with the globals that a vat of ours has. */
import { E, Far } from '@endo/far';
import { makeTagged, passableSymbolForName } from '@endo/pass-style';

export const buildRootObject = (vatPowers, { source, parameters }, baggage) => {
  const globals = { E, Far, makeTagged, passableSymbolForName, console, assert, baggage };
  const build = new Compartment(globals).evaluate(source);
  return build(vatPowers, parameters, baggage);
};
