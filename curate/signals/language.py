from seimai.signal import Signal
SIGNALS={}
def measure(text,names): return {}
