// Job files to begin with. Each runs as it is, without any data of one's own.

export const EXAMPLES = [
  {
    name: "Digits, convolutional",
    yaml: `name: digits-cnn
model:
  layers:
    - {type: conv2d, filters: 32, kernel_size: 3, activation: relu, padding: same}
    - {type: max_pool2d, pool_size: 2}
    - {type: flatten}
    - {type: dense, units: 64, activation: relu}
    - {type: dropout, rate: 0.2}
    - {type: dense, units: 10}
dataset: builtin://digits
batch_size: 64
epochs: 20
hyperparameters:
  optimizer: adam
  learning_rate: 0.002
  schedule: cosine
  validation_split: 0.1
  seed: 7
`,
  },
  {
    name: "Table, perceptron",
    yaml: `name: table-mlp
model: {layers: [64, 32, 5]}
dataset: synthetic://classification?samples=4096&features=20&classes=5&seed=1
batch_size: 128
epochs: 10
hyperparameters: {optimizer: adamw, learning_rate: 0.003, weight_decay: 0.01, validation_split: 0.1, seed: 1}
`,
  },
  {
    name: "Residual network",
    yaml: `name: digits-resnet
model: {architecture: resnet, depth: 18, width: 8}
dataset: builtin://digits
batch_size: 64
epochs: 5
hyperparameters: {optimizer: adam, learning_rate: 0.002, seed: 5}
`,
  },
];
