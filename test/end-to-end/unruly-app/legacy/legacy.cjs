/** A Lambda function as it was before there were tasks. */
exports.handler = async ({ seconds = 0, fails = false }, { clientContext }) => {
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  if (fails) throw new RangeError('as it was told');
  return { legacy: true, ...clientContext };
};
