"""Plain convolutional networks, one layer behind the other: LeNet to VGG-16."""

from __future__ import annotations

from collections.abc import Sequence

from tests.judged_models.counts import conv, dense, norm
from tests.judged_models.drawing import Drawing
from tests.judged_models.judged_model import JudgedModel

Stage = Sequence[int]
VGG_11: Sequence[Stage] = ((64,), (128,), (256, 256), (512, 512), (512, 512))
VGG_13: Sequence[Stage] = ((64, 64), (128, 128), (256, 256), (512, 512), (512, 512))
VGG_16: Sequence[Stage] = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
VGG_19: Sequence[Stage] = ((64, 64), (128, 128), (256,) * 4, (512,) * 4, (512,) * 4)


def _images(size: int, channels: int, classes: int) -> str:
    return f"synthetic://images?height={size}&width={size}&channels={channels}&classes={classes}&seed=3"


def lenet() -> JudgedModel:
    """LeCun 1998 as it is usually drawn: 28 by 28, first convolution padded, average pools, tanh."""
    d = Drawing()
    data = d.data("[28, 28, 1]", dataset_name="")
    last = d.chain(
        data,
        ("Conv2D", {"filters": 6, "kernel_size": 5, "padding": "same", "activation": "tanh"}),
        ("AvgPool2D", {"pool_size": 2, "stride": 2}),
        ("Conv2D", {"filters": 16, "kernel_size": 5, "padding": "valid", "activation": "tanh"}),
        ("AvgPool2D", {"pool_size": 2, "stride": 2}),
        ("Flatten", {}),
        ("Dense", {"units": 120}),
        ("Tanh", {}),
        ("Dense", {"units": 84}),
        ("Tanh", {}),
        ("Dense", {"units": 10}),
    )
    return JudgedModel("lenet", d.end(last, data, classes=10), _images(28, 1, 10), (28, 28, 1), (10,), 61_706)


def lenet_without_pins() -> JudgedModel:
    """The same net, 32 by 32 and all valid, where only opaque pin ids are saved; loaders and encoders stand between."""
    d = Drawing(pins="opaque")
    data = d.data("[32, 32, 1]")
    loader = d.put("DataLoader", data, batch_size=16, shuffle=True, drop_last=False)
    last = d.chain(
        loader,
        ("Conv2D", {"filters": 6, "kernel_size": "5", "stride": "1", "padding": "valid"}),
        ("ReLU", {}),
        ("MaxPool2D", {}),
        ("Conv2D", {"filters": 16, "kernel_size": "[5, 5]", "padding": "valid"}),
        ("ReLU", {}),
        ("MaxPool2D", {"pool_size": "2"}),
        ("Dense", {"units": 120, "activation": "relu"}),
        ("Dense", {"units": 84, "activation": "relu"}),
        ("Dense", {"units": 10}),
        ("Softmax", {}),
    )
    d.put("Output", last, classes=10)
    d.put("SGD", learning_rate="0.05", momentum="0.9")
    d.put("CrossEntropyLoss", last)
    return JudgedModel("lenet_without_pins", d.saved(), _images(32, 1, 10), (32, 32, 1), (10,), 61_706)


def alexnet(width: int = 64, size: int = 64, classes: int = 10) -> JudgedModel:
    """AlexNet's proportions at a small size: 11 by 11 stride 4, overlapping pools, three 3 by 3, two wide layers."""
    d = Drawing()
    data = d.data(f"[{size}, {size}, 3]")
    filters = (width, 3 * width, 6 * width, 4 * width, 4 * width)
    last = d.chain(
        data,
        ("Conv2D", {"filters": filters[0], "kernel_size": 11, "stride": 4, "padding": "same", "activation": "relu"}),
        ("MaxPool2D", {"pool_size": 3, "stride": 2}),
        ("Conv2D", {"filters": filters[1], "kernel_size": 5, "activation": "relu"}),
        ("MaxPool2D", {"pool_size": 3, "stride": 2}),
        ("Conv2D", {"filters": filters[2], "activation": "relu"}),
        ("Conv2D", {"filters": filters[3], "activation": "relu"}),
        ("Conv2D", {"filters": filters[4], "activation": "relu"}),
        ("AdaptiveAvgPool", {"output_size": "[2, 2]"}),
        ("Flatten", {}),
        ("Dropout", {"rate": "0.1"}),
        ("Dense", {"units": 16 * width, "activation": "relu"}),
        ("Dropout", {"rate": "0.1"}),
        ("Dense", {"units": 16 * width, "activation": "relu"}),
        ("Dense", {"units": classes}),
    )
    count = conv(11, 3, filters[0]) + conv(5, filters[0], filters[1]) + conv(3, filters[1], filters[2])
    count += conv(3, filters[2], filters[3]) + conv(3, filters[3], filters[4])
    count += dense(16 * width, 16 * width) * 2 + dense(16 * width, classes)
    return JudgedModel(
        "alexnet", d.end(last, data, classes=classes), _images(size, 3, classes), (size, size, 3), (classes,), count
    )


def vgg(
    name: str,
    stages: Sequence[Stage],
    *,
    size: int = 224,
    classes: int = 1000,
    narrower: int = 1,
    wide: int = 4096,
    has_norm: bool = False,
) -> JudgedModel:
    """Simonyan and Zisserman; `narrower` divides the filters, where only the topology is the point."""
    d = Drawing()
    data = d.data(f"[{size}, {size}, 3]")
    last, channels, count = data, 3, 0
    for stage in stages:
        for written in stage:
            filters = written // narrower
            last = d.put("Conv2D", last, filters=filters, kernel_size=3, stride=1, padding="same")
            count += conv(3, channels, filters)
            if has_norm:
                last = d.put("BatchNorm", last)
                count += norm(filters)
            last, channels = d.put("ReLU", last), filters
        last = d.put("MaxPool2D", last, pool_size=2, stride=2)
    last = d.put("Flatten", last)
    inputs = channels * (size // 32) ** 2
    for units in (wide, wide):
        last = d.put("Dense", last, units=units)
        last = d.put("ReLU", last)
        last = d.put("Dropout", last, rate=0.5)
        count += dense(inputs, units)
        inputs = units
    last = d.put("Dense", last, units=classes)
    count += dense(inputs, classes)
    saved = d.end(last, data, classes=classes)
    is_light = narrower > 1 and len(stages[2]) == 2
    return JudgedModel(
        name, saved, _images(size, 3, classes), (size, size, 3), (classes,), count, {}, is_light=is_light
    )


def network_in_network() -> JudgedModel:
    """Convolutions of one by one behind each other, and classes by global pooling."""
    d = Drawing()
    data = d.data("[16, 16, 3]")
    last = d.chain(
        data,
        ("Conv2D", {"filters": 24, "kernel_size": 5, "activation": "relu"}),
        ("Conv2D", {"filters": 20, "kernel_size": 1, "activation": "relu"}),
        ("Conv2D", {"filters": 12, "kernel_size": 1, "activation": "relu"}),
        ("MaxPool2D", {"pool_size": 3, "stride": 2, "padding": "same"}),
        ("Conv2D", {"filters": 24, "kernel_size": 3, "activation": "relu"}),
        ("Conv2D", {"filters": 10, "kernel_size": 1}),
        ("GlobalAvgPool", {}),
    )
    count = conv(5, 3, 24) + conv(1, 24, 20) + conv(1, 20, 12) + conv(3, 12, 24) + conv(1, 24, 10)
    return JudgedModel("network_in_network", d.end(last, data), _images(16, 3, 10), (16, 16, 3), (10,), count)


def segmentation() -> JudgedModel:
    """A fully convolutional net that gives each pixel back (a target of the image's own shape)."""
    d = Drawing()
    data = d.data("[16, 16, 1]")
    down = d.chain(
        data,
        ("Conv2D", {"filters": 8, "activation": "relu"}),
        ("MaxPool2D", {}),
        ("Conv2D", {"filters": 16, "activation": "relu"}),
    )
    up = d.put("Conv2D", down, filters=8, kernel_size=2, stride=2, transposed=True, activation="relu")
    last = d.put("Conv2D", up, filters=1, kernel_size=1)
    count = conv(3, 1, 8) + conv(3, 8, 16) + conv(2, 16, 8) + conv(1, 8, 1)
    target = _images(16, 1, 4) + "&target=input"
    return JudgedModel("segmentation", d.end(last, data, "MSELoss"), target, (16, 16, 1), (16, 16, 1), count)


def video() -> JudgedModel:
    """Convolutions over time, height and width; images are seen as eight frames by a reshape."""
    d = Drawing()
    data = d.data("[16, 16, 2]")
    frames = d.put("TensorReshape", data, shape="[-1, 8, 8, 8, 1]")
    last = d.chain(
        frames,
        ("Conv3D", {"filters": 6, "kernel_size": 3, "activation": "relu"}),
        ("Conv3D", {"filters": 8, "kernel_size": "[2, 2, 2]", "stride": 2, "padding": "valid", "activation": "relu"}),
        ("GlobalMaxPool", {}),
        ("Dense", {"units": 5}),
    )
    count = conv(3, 1, 6, axes=3) + conv(2, 6, 8, axes=3) + dense(8, 5)
    return JudgedModel("video", d.end(last, data), _images(16, 2, 5), (16, 16, 2), (5,), count)


def augmented() -> JudgedModel:
    """Every node of the data's own road in front: normalising, augmenting, splitting, loading, encoding labels."""
    d = Drawing()
    data = d.data("[16, 16, 1]", batch_size="16")
    road = d.put("Normalize", data, mean="0.5", std="0.5")
    road = d.put("Augmentation", road, transforms="flip", flip_prob="0.5")
    road = d.put("DataSplit", road, train_ratio="0.8", val_ratio="0.1", test_ratio="0.1", stratified="false", seed=42)
    road = d.put("DataLoader", road, batch_size="16", shuffle="true", drop_last="false")
    labels = d.put("OneHotEncode", (data, 1), num_classes="4")
    last = d.chain(road, ("Conv2D", {"filters": 8, "activation": "relu"}), ("MaxPool2D", {}), ("Dense", {"units": 4}))
    d.put("Output", last, classes=4)
    d.put("CosineAnnealing", d.put("AdamW", d.put("CrossEntropyLoss", last, labels), learning_rate="1e-2"))
    return JudgedModel("augmented", d.saved(), _images(16, 1, 4), (16, 16, 1), (4,), conv(3, 1, 8) + dense(512, 4))


PLAIN_IMAGES = (
    lenet(),
    lenet_without_pins(),
    alexnet(width=16),
    vgg("vgg11_narrow", VGG_11, size=32, classes=10, narrower=16, wide=64),
    vgg("vgg13_norm_narrow", VGG_13, size=32, classes=10, narrower=16, wide=64, has_norm=True),
    vgg("vgg16_narrow", VGG_16, size=32, classes=10, narrower=16, wide=64),
    network_in_network(),
    segmentation(),
    video(),
    augmented(),
)
TRUE_SIZE_PLAIN_IMAGES = (
    vgg("vgg11", VGG_11),
    vgg("vgg13", VGG_13),
    vgg("vgg16", VGG_16),
    vgg("vgg19", VGG_19),
    vgg("vgg16_norm", VGG_16, has_norm=True),
)
