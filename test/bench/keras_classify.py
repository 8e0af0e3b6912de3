"""Keras beside obalex classify: decodes and predicts the same photos, a round whenever it is asked for one.

python keras_classify.py REFERENCE NETWORK WEIGHTS PHOTO…
REFERENCE is the folder of goldenlib.py, NETWORK one of its names. Each line on standard input is answered with
{"seconds": …, "cpuSeconds": …} of one round over all photos, decoding (PIL, nearest) included, batches of 8, 2 threads.
"""
import json
import os
import sys
import time

reference, network, weights, *photos = sys.argv[1:]
sys.path.insert(0, reference)
import goldenlib  # noqa: E402

tf = goldenlib.tf_setup(2)
import numpy as np  # noqa: E402
from tensorflow.keras.utils import load_img  # noqa: E402

model = goldenlib.build(network, logits=False)
model.load_weights(weights)


def one_round():
    images = np.stack([np.asarray(load_img(photo, target_size=(224, 224))) for photo in photos])
    return model.predict(goldenlib.preprocess(network, images), batch_size=8, verbose=0)


one_round()
answers = os.fdopen(os.dup(1), 'w')
print(json.dumps({'ready': True}), file=answers, flush=True)
for _ in sys.stdin:
    start, cpu = time.perf_counter(), time.process_time()
    top = one_round().argmax(-1)
    answer = {'seconds': time.perf_counter() - start, 'cpuSeconds': time.process_time() - cpu, 'top': top.tolist()}
    print(json.dumps(answer), file=answers, flush=True)
