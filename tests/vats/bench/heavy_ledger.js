/* The ledger beside `ballast` mebibytes in the same heap: the real workload in a large vat. */
import { buildRootObject as buildLedger } from '../ledger/ledger.js';
import { makeBallast } from './bench.js';

export function buildRootObject(vatPowers, vatParameters) {
  const ledger = buildLedger(vatPowers, vatParameters);
  const kept = makeBallast(vatParameters.ballast);

  return Far('heavy ledger', {
    apply: tx => ledger.apply(tx),
    balance: owner => ledger.balance(owner),
    report: () => ledger.report(),
    ballast: () => kept.length * 4,
  });
}
