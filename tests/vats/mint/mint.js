/* A mint that issues payments and takes them back: each an object of its own. */
export const buildRootObject = () => {
  const amounts = new WeakMap(); // payments that were not taken back

  return Far('mint', {
    issue(n) {
      return Array.from({ length: n }, () => {
        const payment = Far('payment', { amount: () => amounts.get(payment) });
        amounts.set(payment, 1n);
        return payment;
      });
    },
    deposit(payments) {
      return payments.reduce((sum, payment) => {
        const amount = amounts.get(payment);
        if (amount === undefined) throw Error('no payment of this mint');
        amounts.delete(payment);
        return sum + amount;
      }, 0n);
    },
  });
};
