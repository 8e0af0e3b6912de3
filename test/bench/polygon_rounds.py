"""Outlines to masks with pycocotools: python polygon_rounds.py ROUNDS ANNOTATIONS.json…

Prints {"cpuSeconds": …, "n": …, "area": …}: processor time for all outlines of the files, the least of the rounds, after
one to warm up; the number of masks, and their pixels together.
"""
import json
import sys
import time

from pycocotools import mask


def outlines_in(path):
    with open(path) as file:
        content = json.load(file)
    sizes = {image['id']: (image['height'], image['width']) for image in content['images']}
    return [
        (each['segmentation'], *sizes[each['image_id']])
        for each in content['annotations']
        if isinstance(each['segmentation'], list)
    ]


rounds, *paths = sys.argv[1:]
outlines = [each for path in paths for each in outlines_in(path)]


def draw():
    start = time.process_time()
    masks = [mask.merge(mask.frPyObjects(rings, height, width)) for rings, height, width in outlines]
    return time.process_time() - start, masks


_, masks = draw()
seconds = min(draw()[0] for _ in range(int(rounds)))
print(json.dumps({'cpuSeconds': seconds, 'n': len(masks), 'area': sum(int(mask.area(each)) for each in masks)}))
