"""What stands between recordings and the network: module and callback in one, a file each."""

from iadtln.front_ends.amomckd import AMOMCKD
from iadtln.front_ends.amomckd_bank import AMOMCKDBank
from iadtln.front_ends.base import FrontEnd
from iadtln.front_ends.ceemdan import CEEMDAN
from iadtln.front_ends.cwt import CWT
from iadtln.front_ends.ecmse import ECMSE
from iadtln.front_ends.ed_gafmd import EDGAFMD
from iadtln.front_ends.ed_gafmd_bank import EDGAFMDBank
from iadtln.front_ends.envelope import BandedEnvelope
from iadtln.front_ends.envelope_spectrum import EnvelopeSpectrum
from iadtln.front_ends.fmd import FMD
from iadtln.front_ends.kurtogram import Kurtogram
from iadtln.front_ends.mckd import MCKD
from iadtln.front_ends.order_spectrum import OrderSpectrum
from iadtln.front_ends.raw import Raw
from iadtln.front_ends.spectrum import Spectrum
from iadtln.front_ends.stft import STFT
from iadtln.front_ends.vmd import VMD

__all__ = [
    "AMOMCKD",
    "CEEMDAN",
    "CWT",
    "ECMSE",
    "EDGAFMD",
    "FMD",
    "MCKD",
    "STFT",
    "VMD",
    "AMOMCKDBank",
    "BandedEnvelope",
    "EDGAFMDBank",
    "EnvelopeSpectrum",
    "FrontEnd",
    "Kurtogram",
    "OrderSpectrum",
    "Raw",
    "Spectrum",
]
