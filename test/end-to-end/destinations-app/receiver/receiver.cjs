/** A function of the user's that is told how tasks ended. */
exports.handler = async (event) => console.log(JSON.stringify(event));
