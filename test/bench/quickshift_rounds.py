"""Quickshift of scikit-image as lime calls it: python quickshift_rounds.py ROUNDS PHOTO.npy…

Prints {"cpuSeconds": …} a photo: processor time, the least of the rounds, after one to warm up.
"""
import json
import sys
import time

import numpy as np
from skimage.segmentation import quickshift


def seconds(photo):
    start = time.process_time()
    quickshift(photo, kernel_size=4, max_dist=200, ratio=0.2)
    return time.process_time() - start


rounds, *paths = sys.argv[1:]
for path in paths:
    photo = np.load(path)
    seconds(photo)
    print(json.dumps({'cpuSeconds': min(seconds(photo) for _ in range(int(rounds)))}))
