"""yolov5's and yolov3-bce's losses by tensor operations and autograd, timed on the GPU that the engine is timed on.

Written from the formulas that the engine states; each is one function of raw outputs and boxes, without a loop over boxes. Before
anything is timed both are compared, in double, with numbers that the original programs computed (--golden names their folder); a loss
that differs is not timed.

    python3 torch_losses.py --out peers.json [--golden FOLDER] [--cpu] [--tiny]

Without torch, or without a GPU and --cpu, it says so and ends with status 3.
"""
import argparse
import json
import math
import statistics
import struct
import sys
import time

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    print("there is no torch for this Python")
    sys.exit(3)

STRIDES = (8, 16, 32)
ANCHORS = (((10, 13), (16, 30), (33, 23)), ((30, 61), (62, 45), (59, 119)), ((116, 90), (156, 198), (373, 326)))
BALANCE = (4.0, 1.0, 0.4)
RATIO = 4.0
IGNORED_ABOVE = 0.7


class Heads:
    """Strides, and anchors in pixels of the network's input."""

    def __init__(self, strides, anchors):
        self.strides = strides
        self.anchors = anchors

    def of_layer(self, layer, like):
        return torch.as_tensor(self.anchors[layer], dtype=like.dtype, device=like.device) / self.strides[layer]

    def all_in(self, layer, like):
        boxes = [box for head in self.anchors for box in head]
        return torch.as_tensor(boxes, dtype=like.dtype, device=like.device) / self.strides[layer]


def cells(prediction, anchors):
    """[B, A * (5 + C), H, W] as [B, A, H, W, 5 + C]."""
    images, channels, height, width = prediction.shape
    return prediction.view(images, anchors, channels // anchors, height, width).permute(0, 1, 3, 4, 2)


def complete_iou(a, b, eps=1e-7):
    """CIoU of boxes (x, y, w, h); the weight of the aspect term is a constant to the gradient."""
    low = torch.maximum(a[:, :2] - a[:, 2:] / 2, b[:, :2] - b[:, 2:] / 2)
    high = torch.minimum(a[:, :2] + a[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2)
    inner = (high - low).clamp(min=0).prod(1)
    iou = inner / (a[:, 2:].prod(1) + b[:, 2:].prod(1) - inner + eps)
    left = torch.minimum(a[:, :2] - a[:, 2:] / 2, b[:, :2] - b[:, 2:] / 2)
    right = torch.maximum(a[:, :2] + a[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2)
    diagonal = (right - left).square().sum(1) + eps
    distance = (a[:, :2] - b[:, :2]).square().sum(1)
    aspect = 4 / math.pi**2 * (torch.atan(b[:, 2] / b[:, 3]) - torch.atan(a[:, 2] / a[:, 3])).square()
    with torch.no_grad():
        weight = aspect / (aspect - iou + 1 + eps)
    return iou - distance / diagonal - weight * aspect


def match_with_neighbours(targets, anchors, width, height):
    """Rows of (target, anchor, column, row) of one layer, by the ratio of sides, each cell with up to two neighbours."""
    size = torch.as_tensor((width, height), dtype=targets.dtype, device=targets.device)
    centre, shape = targets[:, 2:4] * size, targets[:, 4:6] * size
    ratio = shape[None] / anchors[:, None]
    matched = torch.maximum(ratio, 1 / ratio).amax(2) < RATIO  # [A, N]
    from_end = size - centre
    near = (centre % 1 < 0.5) & (centre > 1)
    far = (from_end % 1 < 0.5) & (from_end > 1)
    wanted = torch.stack((torch.ones_like(near[:, 0]), near[:, 0], near[:, 1], far[:, 0], far[:, 1]))  # [5, N]
    shift = torch.as_tensor(((0, 0), (0.5, 0), (0, 0.5), (-0.5, 0), (0, -0.5)), dtype=targets.dtype, device=targets.device)
    offset, anchor, target = (wanted[:, None] & matched[None]).nonzero(as_tuple=True)
    cell = (centre[target] - shift[offset]).long()
    return target, anchor, cell[:, 0].clamp(0, width - 1), cell[:, 1].clamp(0, height - 1)


def yolov5(predictions, targets, heads, gains=(0.05, 1.0, 0.5), balance=BALANCE):
    box_loss = objectness_loss = class_loss = torch.zeros((), dtype=predictions[0].dtype, device=predictions[0].device)
    for layer, raw in enumerate(predictions):
        anchors = heads.of_layer(layer, targets)
        height, width = raw.shape[2:]
        p = cells(raw, len(anchors))
        target, anchor, i, j = match_with_neighbours(targets, anchors, width, height)
        wanted = torch.zeros_like(p[..., 4])
        if len(target):
            image = targets[target, 0].long()
            found = p[image, anchor, j, i]
            size = torch.as_tensor((width, height), dtype=targets.dtype, device=targets.device)
            cell = torch.stack((i, j), 1)
            box = torch.cat((found[:, :2].sigmoid() * 2 - 0.5, (found[:, 2:4].sigmoid() * 2) ** 2 * anchors[anchor].to(p.dtype)), 1)
            truth = torch.cat((targets[target, 2:4] * size - cell, targets[target, 4:6] * size), 1).to(p.dtype)
            iou = complete_iou(box, truth)
            box_loss = box_loss + (1 - iou).mean()
            wanted[image, anchor, j, i] = iou.detach().clamp(min=0)
            if p.shape[4] > 6:
                classes = F.one_hot(targets[target, 1].long(), p.shape[4] - 5).to(p.dtype)
                class_loss = class_loss + F.binary_cross_entropy_with_logits(found[:, 5:], classes)
        objectness_loss = objectness_loss + balance[layer] * F.binary_cross_entropy_with_logits(p[..., 4], wanted)
    total = gains[0] * box_loss + gains[1] * objectness_loss + gains[2] * class_loss
    return total * predictions[0].shape[0]


def by_image(targets, images):
    """Boxes as [B, T, 4], and which of them are there."""
    image = targets[:, 0].long()
    count = torch.bincount(image, minlength=images)
    most = int(count.max()) if len(targets) else 0
    order = torch.argsort(image, stable=True)
    first = count.cumsum(0) - count
    place = torch.arange(len(targets), device=targets.device) - first[image[order]]
    boxes = targets.new_zeros((images, most, 4))
    boxes[image[order], place] = targets[order, 2:6]
    there = torch.arange(most, device=targets.device)[None] < count[:, None]
    return boxes, there


def best_overlap(boxes, truths, there):
    """Of boxes [B, K, 4] with any of their image's truths [B, T, 4]."""
    if truths.shape[1] == 0:
        return boxes.new_zeros(boxes.shape[:2])
    best = boxes.new_zeros(boxes.shape[:2])
    for chunk in torch.arange(truths.shape[1], device=boxes.device).split(64):  # so that crowds fit into memory
        b = truths[:, None, chunk]
        a = boxes[:, :, None]
        low = torch.maximum(a[..., :2] - a[..., 2:] / 2, b[..., :2] - b[..., 2:] / 2)
        high = torch.minimum(a[..., :2] + a[..., 2:] / 2, b[..., :2] + b[..., 2:] / 2)
        inner = (high - low).clamp(min=0).prod(3)
        iou = inner / (a[..., 2:].prod(3) + b[..., 2:].prod(3) - inner)
        best = torch.maximum(best, torch.where(there[:, None, chunk], iou, 0).amax(2))
    return best


def yolov3_bce(predictions, targets, heads):
    total = torch.zeros((), dtype=predictions[0].dtype, device=predictions[0].device)
    truths, there = by_image(targets, predictions[0].shape[0])
    before = 0
    for layer, raw in enumerate(predictions):
        anchors = heads.of_layer(layer, targets)
        height, width = raw.shape[2:]
        p = cells(raw, len(anchors))
        size = torch.as_tensor((width, height), dtype=targets.dtype, device=targets.device)
        with torch.no_grad():
            column = torch.arange(width, device=p.device, dtype=p.dtype)
            row = torch.arange(height, device=p.device, dtype=p.dtype)
            shape = anchors.to(p.dtype)[None, :, None, None]
            boxes = torch.stack(
                (
                    p[..., 0].sigmoid() + column,
                    p[..., 1].sigmoid() + row[:, None],
                    p[..., 2].exp() * shape[..., 0],
                    p[..., 3].exp() * shape[..., 1],
                ),
                4,
            )
            scaled = (truths * size.repeat(2)).to(p.dtype)
            overlap = best_overlap(boxes.flatten(1, 3), scaled, there).view(p.shape[:4])
        counted = (overlap <= IGNORED_ABOVE).to(p.dtype)
        wanted = torch.zeros_like(counted)
        every = heads.all_in(layer, targets)
        sides = targets[:, 4:6] * size
        inner = torch.minimum(sides[:, None], every[None]).prod(2)
        best = (inner / (sides.prod(1)[:, None] + every.prod(1)[None] - inner)).argmax(1)
        mine = ((best >= before) & (best < before + len(anchors))).nonzero()[:, 0]
        before += len(anchors)
        if len(mine):
            image, anchor = targets[mine, 0].long(), best[mine] - (before - len(anchors))
            centre = targets[mine, 2:4] * size
            cell = centre.long()
            slot = (image, anchor, cell[:, 1], cell[:, 0])
            # several boxes of one slot: the last one's numbers, everybody's class
            box = p.new_zeros((*p.shape[:4], 4))
            box[slot] = torch.cat((centre - cell, torch.log(sides[mine] / anchors[anchor] + 1e-16)), 1).to(p.dtype)
            small = torch.zeros_like(counted)
            small[slot] = (2 - sides[mine].prod(1) / size.prod()).to(p.dtype)
            classes = p.new_zeros((*p.shape[:4], p.shape[4] - 5))
            classes[(*slot, targets[mine, 1].long())] = 1
            wanted[slot] = 1
            counted[slot] = 1
            taken = wanted.nonzero(as_tuple=True)
            found, weight = p[taken], small[taken][:, None]
            total = total + F.binary_cross_entropy(found[:, :2].sigmoid(), box[taken][:, :2], weight, reduction="sum")
            total = total + (weight * (found[:, 2:4] - box[taken][:, 2:]).square()).sum() / 2
            total = total + F.binary_cross_entropy(found[:, 5:].sigmoid(), classes[taken], reduction="sum")
        total = total + F.binary_cross_entropy(p[..., 4].sigmoid(), wanted, counted, reduction="sum")
    return total


LOSSES = {"yolov5": yolov5, "yolov3-bce": yolov3_bce}


def read_safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    kinds = {"F32": torch.float32, "F64": torch.float64}
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] in kinds:
            kind, count = kinds[entry["dtype"]], math.prod(entry["shape"])
            values = torch.frombuffer(data, dtype=kind, count=count, offset=entry["data_offsets"][0]) if count else torch.zeros(0, dtype=kind)
            tensors[name] = values.view(entry["shape"])
    return tensors, json.loads(header["__metadata__"]["config"])


def differs_from(path, name, device):
    """What is wrong with a loss on a case of its original's; empty if nothing is."""
    tensors, config = read_safetensors(path)
    layers = config["layers"]
    heads = Heads([layer["stride"] for layer in layers], [layer["anchors"] for layer in layers])
    predictions = [tensors[f"pred.{n}"].double().to(device).requires_grad_() for n in range(len(layers))]
    total = LOSSES[name](predictions, tensors["targets"].double().to(device), heads, **gains_of(name, config))
    total.backward()
    expected = float(tensors["total"].flatten()[0])
    if not abs(float(total) - expected) <= 1e-9 * abs(expected):
        return f"{path}: total is {float(total)}; expected {expected}"
    for n, p in enumerate(predictions):
        wanted = tensors[f"grad.{n}"].double().to(device)
        if not float((p.grad - wanted).abs().max()) <= 1e-8 * float(wanted.abs().max()):
            return f"{path}: the gradient of layer {n} differs"
    return ""


def gains_of(name, config):
    if name != "yolov5":
        return {}
    hyp = config.get("hyp", config)
    return {"gains": (hyp["box"], hyp["obj"], hyp["cls"])}


def workload(batch, size, classes, count, dtype, device):
    """Of the engine's distributions: objectness around -5, everything else as a fresh layer gives it, boxes of 2 to 60 percent."""
    random = torch.Generator().manual_seed(1)
    predictions = []
    for stride, anchors in zip(STRIDES, ANCHORS):
        side = size // stride
        raw = torch.randn((batch, len(anchors), 5 + classes, side, side), generator=random)
        raw[:, :, 4] = raw[:, :, 4] / 2 - 5
        predictions.append(raw.flatten(1, 2).to(device, dtype))
    sets = []
    for _ in range(4):
        image = torch.arange(count) % batch
        rows = torch.rand((count, 5), generator=random)
        sides = 0.02 * 30 ** rows[:, 3:5]
        boxes = torch.cat((image[:, None], (rows[:, :1] * classes).floor(), rows[:, 1:3], sides), 1)
        sets.append(boxes[boxes[:, 0].argsort(stable=True)].to(device))
    return predictions, sets


def spread(samples):
    ordered = sorted(samples)
    at = lambda share: ordered[round(share * (len(ordered) - 1))]
    return {"p20": at(0.2), "p50": statistics.median(ordered), "p80": at(0.8)}


def time_step(loss, heads, predictions, sets, device, repeats):
    """Microseconds of a loss and its gradient, each waited for."""
    samples = []
    for n in range(repeats + 20):
        for p in predictions:
            p.grad = None
        wait(device)
        begin = time.perf_counter()
        loss(predictions, sets[n % len(sets)], heads).backward()
        wait(device)
        if n >= 20:
            samples.append((time.perf_counter() - begin) * 1e6)
    return spread(samples)


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def measure(name, mode, batch, size, classes, count, dtype, device, repeats):
    case = {"preset": name, "mode": mode, "batch": batch, "size": size, "classes": classes, "targets": count, "type": str(dtype).split(".")[1]}
    try:
        predictions, sets = workload(batch, size, classes, count, dtype, device)
        predictions = [p.requires_grad_() for p in predictions]
        loss = torch.compile(LOSSES[name], dynamic=True) if mode == "compile" else LOSSES[name]
        case["microseconds"] = time_step(loss, Heads(STRIDES, ANCHORS), predictions, sets, device, repeats)
    except Exception as e:  # a peer that cannot run a case says why and goes on with the next
        case["failed"] = f"{type(e).__name__}: {e}".splitlines()[0]
    return case


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--golden")
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--tiny", action="store_true")
    asked = parser.parse_args()
    if not asked.cpu and not torch.cuda.is_available():
        print("torch sees no GPU")
        sys.exit(3)
    device = "cpu" if asked.cpu else "cuda"
    report = {"torch": torch.__version__, "device": "cpu" if asked.cpu else torch.cuda.get_device_name(), "checked": [], "cases": []}
    wrong = set()
    for name in LOSSES:
        for case in ("basic_96", "empty_image") if asked.golden else ():
            words = differs_from(f"{asked.golden}/{name}/{case}.safetensors", name, device)
            report["checked"].append({"preset": name, "case": case, "differs": words})
            if words:
                wrong.add(name)
                print(words)
    cases = [("yolov5", 1, 64, 3, 5)] if asked.tiny else [
        ("yolov5", 16, 640, 80, 100), ("yolov5", 64, 640, 80, 400), ("yolov5", 256, 640, 80, 1600), ("yolov5", 16, 640, 80, 1000),
        ("yolov3-bce", 16, 640, 80, 100), ("yolov3-bce", 64, 640, 80, 400), ("yolov3-bce", 8, 416, 80, 64),
    ]
    for name, *sizes in cases:
        if name in wrong:
            continue
        for mode in ("eager", "compile"):
            found = measure(name, mode, *sizes, torch.float32, device, 5 if asked.tiny else 100)
            report["cases"].append(found)
            print(json.dumps(found))
    with open(asked.out, "w") as file:
        json.dump(report, file, indent=1)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
