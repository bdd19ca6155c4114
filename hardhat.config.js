const { subtask } = require("hardhat/config");
const { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } = require("hardhat/builtin-tasks/task-names");

// The compiler comes from node_modules, so compiling needs no network.
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async () => ({
  version: require("solc/package.json").version,
  longVersion: require("solc").version(),
  compilerPath: require.resolve("solc/soljson.js"),
  isSolcJs: true,
}));

module.exports = {
  solidity: {
    version: require("solc/package.json").version,
    settings: require("./contracts/compiler.json"),
  },
  paths: { sources: "contracts", cache: "build/hardhat-cache", artifacts: "build/hardhat-artifacts" },
  networks: { hardhat: { chainId: 31337, hardfork: "cancun" } },
};
