// Stands in for what a program imports and does not use.
module.exports = {};
