"""CIFAR-10 and folders of images: what they hold, and the one sentence for every defect."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.server_node.training.data.builders import opened, refused, refused_as_too_large


def cifar(path: Path, labels: list[int]) -> Path:
    pixels = np.arange(3072, dtype=np.uint8)
    path.write_bytes(b"".join(bytes([label]) + pixels.tobytes() for label in labels))
    return path


def test_cifar10_is_turned_to_channels_last(tmp_path: Path) -> None:
    cifar(tmp_path / "data_batch_1.bin", [3, 9])
    cifar(tmp_path / "data_batch_2.bin", [0])
    cifar(tmp_path / "test_batch.bin", [1])
    data = opened(f"file://cifar10/{tmp_path}", "", tmp_path)
    assert (data.inputs.shape, data.train_examples, data.targets.tolist()) == ((4, 32, 32, 3), 3, [3, 9, 0, 1])
    assert data.inputs[0, 0, 1].tolist() == pytest.approx([1 / 255, (1024 % 256 + 1) / 255, (2048 % 256 + 1) / 255])
    assert opened(tmp_path / "test_batch.bin", "?format=cifar10").inputs.shape == (1, 32, 32, 3)


def test_cifar10_defects_are_told(tmp_path: Path) -> None:
    assert "labels from 0 to 9, got 10 at example 1" in refused(cifar(tmp_path / "a.bin", [0, 10]), "?format=cifar10")
    (tmp_path / "b.bin").write_bytes(b"\0" * 3072)
    assert "records of 3,073 bytes" in refused(tmp_path / "b.bin", "?format=cifar10")
    (tmp_path / "data_batch_1").write_bytes(b"pickled")
    assert "pickled batches are not read" in refused(tmp_path, "", tmp_path)


def picture(path: Path, size: tuple[int, int] = (5, 4), mode: str = "RGB", color: Any = None) -> Path:
    pillow = pytest.importorskip("PIL.Image", reason="images need pillow: install cyxwiz[data]")
    path.parent.mkdir(parents=True, exist_ok=True)
    pillow.new(mode, size, color if color is not None else (255 if mode == "L" else (255, 0, 0))).save(path)
    return path


def test_a_folder_of_images_has_a_class_a_folder(tmp_path: Path) -> None:
    picture(tmp_path / "dog" / "1.png")
    picture(tmp_path / "cat" / "1.jpg")
    picture(tmp_path / "cat" / "2.png", color=(0, 255, 0))
    data = opened(tmp_path, "", tmp_path)
    assert (data.inputs.shape, data.targets.tolist(), data.classes) == ((3, 4, 5, 3), [0, 0, 1], 2)
    assert data.inputs[1, 0, 0].tolist() == [0, 1, 0]
    assert data.class_names == ("cat", "dog")
    assert opened(tmp_path, "?height=8&width=6", tmp_path).inputs.shape == (3, 8, 6, 3)


def test_a_folder_of_images_may_hold_splits_and_grey_images(tmp_path: Path) -> None:
    for split, count in (("train", 2), ("val", 1), ("test", 1)):
        for number in range(count):
            picture(tmp_path / split / "a" / f"{number}.png", mode="L")
            picture(tmp_path / split / "b" / f"{number}.png", mode="L", color=0)
    data = opened(f"file://images/{tmp_path}", "", tmp_path)
    assert (data.inputs.shape, data.train_examples, data.validation_examples) == ((8, 4, 5, 1), 4, 2)
    assert data.targets.tolist() == [0, 0, 1, 1, 0, 1, 0, 1]


def test_image_defects_are_told(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "1.png")
    picture(tmp_path / "a" / "2.png", size=(6, 4))
    assert "a/2.png: expected every image of" in refused(tmp_path, "", tmp_path)
    (tmp_path / "a" / "2.png").write_bytes(b"no image")
    assert "a/2.png: expected an image, got something else" in refused(tmp_path, "", tmp_path)
    whole = picture(tmp_path / "a" / "2.png").read_bytes()
    (tmp_path / "a" / "2.png").write_bytes(whole[:-30])
    assert "a/2.png: expected a whole image" in refused(tmp_path, "", tmp_path)
    refused_as_too_large(tmp_path, f"file://{picture(tmp_path / 'b' / 'c' / '1.png', (100, 100)).parent.parent}")


def test_an_image_that_swells_is_refused_before_it_does(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "1.png", (9_000, 9_000), "L")
    assert "at most 67,108,864 pixels, got 9000×9000" in refused(tmp_path, "", tmp_path)


def test_an_image_may_not_be_a_link_out_of_its_folder(tmp_path: Path) -> None:
    secret, root = picture(tmp_path / "secret.png"), tmp_path / "root"
    picture(root / "a" / "1.png")
    (root / "a" / "2.png").symlink_to(secret)
    assert "leads out of it" in refused(root, "", root)


def test_images_stand_as_they_were_taken(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image", reason="images need pillow: install cyxwiz[data]")
    taken = pillow.fromarray(np.array([[[0] * 3, [50] * 3], [[100] * 3, [150] * 3], [[200] * 3, [250] * 3]], np.uint8))
    for orientation in (1, 6, 8):
        folder = tmp_path / f"set-{orientation}" / "a"
        folder.mkdir(parents=True)
        exif = pillow.Exif()
        exif[0x0112] = orientation
        taken.save(folder / "1.png", exif=exif)
    plain = opened(tmp_path / "set-1", "", tmp_path).inputs[0]
    np.testing.assert_array_equal(opened(tmp_path / "set-6", "", tmp_path).inputs[0], np.rot90(plain, -1))
    np.testing.assert_array_equal(opened(tmp_path / "set-8", "", tmp_path).inputs[0], np.rot90(plain))


def test_images_of_16_bits_keep_their_brightness(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image", reason="images need pillow: install cyxwiz[data]")
    (tmp_path / "a").mkdir()
    pillow.fromarray(np.array([[0, 257, 32_896, 65_535]], np.uint16)).save(tmp_path / "a" / "1.png")
    assert opened(tmp_path, "", tmp_path).inputs.ravel().tolist() == pytest.approx([0, 1 / 255, 128 / 255, 1])


def test_transparency_and_palettes_become_plain_colours(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "1.png", mode="RGBA", color=(0, 255, 0, 10))
    picture(tmp_path / "a" / "2.gif", mode="P", color=0)
    assert opened(tmp_path, "", tmp_path).inputs.shape == (2, 4, 5, 3)
    assert opened(tmp_path, "", tmp_path).inputs[0, 0, 0].tolist() == [0, 1, 0]


def test_classes_without_training_images_are_told(tmp_path: Path) -> None:
    picture(tmp_path / "train" / "a" / "1.png")
    picture(tmp_path / "test" / "b" / "1.png")
    assert "expected training images of every class, found none of 'b'" in refused(tmp_path, "", tmp_path)


def test_images_of_32_bits_are_told(tmp_path: Path) -> None:
    picture(tmp_path / "a" / "1.tiff", mode="F", color=0.5)
    assert "expected 8 or 16 bits a pixel" in refused(tmp_path, "", tmp_path)
